/** @typedef {import('./loop.mjs').Loop} Loop */

/** Few enough that no garbage collection comes in between. */
const CALLS = 2_000;
const ROUNDS = 21;

/**
 * What one call of a warm, synchronous loop allocates: the growth of the heap without a garbage collection in between.
 * @param {Loop} loop
 */
export function bytesPerCall(loop) {
  const rounds = Array.from({ length: ROUNDS }, () => grown(loop) - grown(() => 0));
  return Math.round(rounds.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN) / CALLS;
}

/** @param {Loop} loop */
function grown(loop) {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  void loop(CALLS);
  return process.memoryUsage().heapUsed - before;
}
