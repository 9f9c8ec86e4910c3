const BUCKETS = 10;

/** What a {@link CallWindow} holds. */
export interface MeasuredCalls {
  readonly calls: number;
  /** Share of them that failed; 0 without calls. */
  readonly failureRatio: number;
  /** Share of them that were slow, failed or not; 0 without calls. */
  readonly slowRatio: number;
}

/** Calls of the last `windowMs`: how many succeeded, failed, were slow, in ten equal buckets that really expire. */
export class CallWindow {
  readonly #bucketMs: number;
  readonly #successes = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  readonly #slow = new Uint32Array(BUCKETS);
  #bucket = 0;

  constructor(windowMs: number, now: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#bucket = Math.floor(now / this.#bucketMs);
  }

  /** @param now time of the clock */
  recordSuccess(now: number, isSlow = false): void {
    const index = this.#indexAt(now);
    this.#successes[index]!++;
    if (isSlow) this.#slow[index]!++;
  }

  /** @param now time of the clock */
  recordFailure(now: number, isSlow = false): void {
    const index = this.#indexAt(now);
    this.#failures[index]!++;
    if (isSlow) this.#slow[index]!++;
  }

  /** @param now time of the clock */
  measure(now: number): MeasuredCalls {
    this.#indexAt(now);
    const failures = sum(this.#failures);
    const calls = failures + sum(this.#successes);
    if (calls === 0) return { calls, failureRatio: 0, slowRatio: 0 };
    return { calls, failureRatio: failures / calls, slowRatio: sum(this.#slow) / calls };
  }

  clear(): void {
    this.#successes.fill(0);
    this.#failures.fill(0);
    this.#slow.fill(0);
  }

  #indexAt(now: number): number {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket > this.#bucket) this.#expire(bucket);
    return this.#bucket % BUCKETS;
  }

  #expire(bucket: number): void {
    const elapsed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let i = 1; i <= elapsed; i++) {
      const index = (this.#bucket + i) % BUCKETS;
      this.#successes[index] = 0;
      this.#failures[index] = 0;
      this.#slow[index] = 0;
    }
    this.#bucket = bucket;
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
