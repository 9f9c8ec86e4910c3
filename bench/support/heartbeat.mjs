/**
 * How long the event loop was held at most while something ran: the longest time between two of its turns. On the clock, since the
 * system tells processor time too late for it: whoever else wants the core makes it longer.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number>} milliseconds
 */
export async function longestHold(work) {
  let longestMs = 0;
  let lastAt = performance.now();
  let isOver = false;
  const beat = () => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - lastAt);
    lastAt = now;
    if (!isOver) setImmediate(beat);
  };
  setImmediate(beat);
  await work();
  isOver = true;
  return longestMs;
}
