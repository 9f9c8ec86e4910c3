const BUCKETS = 10;

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
 * down: a client that succeeds seldom retries seldom. Counts in ten buckets of equal length that really expire. The
 * idea is of Google's SRE book ("Handling Overload": a retry budget of 10 % per client) and of Finagle's RetryBudget.
 */
export class RetryBudget {
  readonly #minimumRetries: number;
  readonly #share: number;
  readonly #bucketMs: number;
  readonly #successes = new Uint32Array(BUCKETS);
  readonly #retries = new Uint32Array(BUCKETS);
  #bucket: number;
  #index: number;
  #bucketEndsAt: number;

  /** @param now the present time of the clock, as in all methods */
  constructor(options: Required<RetryBudgetOptions>, now: number) {
    this.#minimumRetries = options.minimumRetries;
    this.#share = options.share;
    this.#bucketMs = options.windowMs / BUCKETS;
    this.#bucket = Math.floor(now / this.#bucketMs);
    this.#index = this.#bucket % BUCKETS;
    this.#bucketEndsAt = (this.#bucket + 1) * this.#bucketMs;
  }

  /** A call succeeded, at whichever try. */
  recordSuccess(now: number): void {
    if (now >= this.#bucketEndsAt) this.#expire(now);
    this.#successes[this.#index]!++;
  }

  /** Takes one retry from the budget. @returns `false` when there is none left: do not retry */
  tryTake(now: number): boolean {
    if (now >= this.#bucketEndsAt) this.#expire(now);
    if (sum(this.#retries) >= this.#limit()) return false;
    this.#retries[this.#index]!++;
    return true;
  }

  /** What the window holds, for what is shown. */
  status(now: number): RetryBudgetStatus {
    if (now >= this.#bucketEndsAt) this.#expire(now);
    return {
      successes: sum(this.#successes),
      retries: sum(this.#retries),
      limit: this.#limit(),
    };
  }

  #limit(): number {
    // Without the rounding, 10 % of 30 would be a hair above 3, and 29 % of 100 a hair below 29.
    const earned = Math.floor(Number((sum(this.#successes) * this.#share).toPrecision(12)));
    return Math.max(this.#minimumRetries, earned);
  }

  #expire(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    const elapsed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let i = 1; i <= elapsed; i++) {
      const index = (this.#bucket + i) % BUCKETS;
      this.#successes[index] = 0;
      this.#retries[index] = 0;
    }
    this.#bucket = bucket;
    this.#index = bucket % BUCKETS;
    this.#bucketEndsAt = (bucket + 1) * this.#bucketMs;
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < BUCKETS; i++) total += counts[i]!;
  return total;
}
