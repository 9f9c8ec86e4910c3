import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats `check` until it passes, for what becomes true a moment after something else.
 * @throws what `check` threw last, when it has not passed within `withinMs`
 */
export async function eventually<T>(check: () => Promise<T> | T, withinMs = 3_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) throw error;
      await sleep(20);
    }
  }
}
