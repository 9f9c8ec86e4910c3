import { SystemClock } from 'nestjs-mainstay/common';

const clock = new SystemClock();
const POLL_MS = 20;

/** Longer than anything takes that the contract promises, on a busy machine too, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Waits for what should happen. */
export class Patience {
  readonly #limitMs: number;

  constructor(limitMs = PATIENCE_MS) {
    this.#limitMs = limitMs;
  }

  /**
   * Repeats `check` until it says yes.
   * @throws with `problem` when it has not by then
   */
  async until(
    problem: string | (() => string),
    check: () => Promise<boolean> | boolean,
  ): Promise<void> {
    const end = clock.now() + this.#limitMs;
    while (!(await check())) {
      if (clock.now() >= end) {
        const text = typeof problem === 'string' ? problem : problem();
        throw new Error(`${text} (waited for ${this.#limitMs / 1_000} s)`);
      }
      await clock.sleep(POLL_MS);
    }
  }
}

/** How long some work takes, in milliseconds; `limitMs` when it has not ended by then. */
export async function timeOf(work: Promise<unknown>, limitMs: number): Promise<number> {
  const startedAt = clock.now();
  const cut = new AbortController();
  // Not by the clock: a timer may fire a fraction of a millisecond early.
  const limit = clock.sleep(limitMs, cut.signal).catch(() => undefined);
  try {
    return await Promise.race([
      work.then(() => clock.now() - startedAt),
      limit.then(() => limitMs),
    ]);
  } finally {
    cut.abort();
  }
}
