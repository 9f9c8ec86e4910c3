/** The call that is protected: `async`, and its result is there at once. @param {number} arg */
export async function work(arg) {
  return arg;
}

const counts = { successes: 0, failures: 0, durationMs: 0 };

/** What one would write without a library: the call, counted and timed. @param {number} arg */
export async function handWritten(arg) {
  const startedAt = performance.now();
  try {
    const value = await work(arg);
    counts.successes++;
    return value;
  } catch (error) {
    counts.failures++;
    throw error;
  } finally {
    counts.durationMs += performance.now() - startedAt;
  }
}
