import { RollingCounts } from './rolling-counts.js';

const SUCCESSES = 0;
const FAILURES = 1;
const SLOW = 2;

/** What a {@link CallWindow} holds. */
export interface MeasuredCalls {
  readonly calls: number;
  /** Share of them that failed; 0 without calls. */
  readonly failureRatio: number;
  /** Share of them that were slow, failed or not; 0 without calls. */
  readonly slowRatio: number;
}

/** The calls of the last `windowMs` that a breaker judges by: how many succeeded, failed, were slow. */
export class CallWindow {
  readonly #counts: RollingCounts;

  /** @param now the present time of the clock, as in all methods */
  constructor(windowMs: number, now: number) {
    this.#counts = new RollingCounts(3, windowMs, now);
  }

  recordSuccess(now: number, isSlow = false): void {
    this.#counts.increment(SUCCESSES, now);
    if (isSlow) this.#counts.increment(SLOW, now);
  }

  recordFailure(now: number, isSlow = false): void {
    this.#counts.increment(FAILURES, now);
    if (isSlow) this.#counts.increment(SLOW, now);
  }

  measure(now: number): MeasuredCalls {
    const failures = this.#counts.sum(FAILURES, now);
    const calls = failures + this.#counts.sum(SUCCESSES, now);
    if (calls === 0) return { calls, failureRatio: 0, slowRatio: 0 };
    const slow = this.#counts.sum(SLOW, now);
    return { calls, failureRatio: failures / calls, slowRatio: slow / calls };
  }

  clear(): void {
    this.#counts.clear();
  }
}
