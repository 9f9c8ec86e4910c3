import { RollingCounts } from './rolling-counts.js';

const SUCCESSES = 0;
const RETRIES = 1;

/** How many retries a resource may cost its dependency, see {@link RetryBudget}. */
export interface RetryBudgetOptions {
  /** Retries that are always allowed in the window, whatever succeeded. @default 3 */
  readonly minimumRetries?: number;
  /** Retries allowed in the window, as a share of its successes. @default 0.1 */
  readonly share?: number;
  /** Length of the window. @default 10000 ms */
  readonly windowMs?: number;
}

/** What a {@link RetryBudget} has counted in its window. */
export interface RetryBudgetStatus {
  readonly successes: number;
  readonly retries: number;
  /** Retries that the window may hold. */
  readonly limit: number;
}

/**
 * Bounds the retries of one resource by its recent successes, so that retrying cannot keep an overloaded dependency
 * down: a client that succeeds seldom retries seldom. The idea is of Google's SRE book ("Handling Overload": a retry
 * budget of 10 % per client) and of Finagle's RetryBudget.
 */
export class RetryBudget {
  readonly #minimumRetries: number;
  readonly #share: number;
  readonly #counts: RollingCounts;

  /** @param now the present time of the clock, as in all methods */
  constructor(options: Required<RetryBudgetOptions>, now: number) {
    this.#minimumRetries = options.minimumRetries;
    this.#share = options.share;
    this.#counts = new RollingCounts(2, options.windowMs, now);
  }

  /** A call succeeded, at whichever try. */
  recordSuccess(now: number): void {
    this.#counts.increment(SUCCESSES, now);
  }

  /** Takes one retry from the budget. @returns `false` when there is none left: do not retry */
  tryTake(now: number): boolean {
    if (this.#counts.sum(RETRIES, now) >= this.#limit(now)) return false;
    this.#counts.increment(RETRIES, now);
    return true;
  }

  /** What the window holds, for what is shown. */
  status(now: number): RetryBudgetStatus {
    return {
      successes: this.#counts.sum(SUCCESSES, now),
      retries: this.#counts.sum(RETRIES, now),
      limit: this.#limit(now),
    };
  }

  #limit(now: number): number {
    const successes = this.#counts.sum(SUCCESSES, now);
    // Without the rounding, 10 % of 30 would be a hair above 3, and 29 % of 100 a hair below 29.
    const earned = Math.floor(Number((successes * this.#share).toPrecision(12)));
    return Math.max(this.#minimumRetries, earned);
  }
}
