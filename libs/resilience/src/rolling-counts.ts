const BUCKETS = 10;

/**
 * Counts of the last `windowMs`, in ten buckets of equal length that really expire: several series that share their
 * buckets. Counting is a compare and an increment.
 */
export class RollingCounts {
  readonly #bucketMs: number;
  readonly #series: readonly Uint32Array[];
  #bucket: number;
  #index: number;
  #bucketEndsAt: number;

  /** @param now the present time of the clock, as in all methods */
  constructor(series: number, windowMs: number, now: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#series = Array.from({ length: series }, () => new Uint32Array(BUCKETS));
    this.#bucket = Math.floor(now / this.#bucketMs);
    this.#index = this.#bucket % BUCKETS;
    this.#bucketEndsAt = (this.#bucket + 1) * this.#bucketMs;
  }

  /** Counts one in a series, by its number. */
  increment(series: number, now: number): void {
    if (now >= this.#bucketEndsAt) this.#expire(now);
    this.#series[series]![this.#index]!++;
  }

  /** What the window holds of a series. */
  sum(series: number, now: number): number {
    if (now >= this.#bucketEndsAt) this.#expire(now);
    let total = 0;
    for (const count of this.#series[series]!) total += count;
    return total;
  }

  clear(): void {
    for (const counts of this.#series) counts.fill(0);
  }

  #expire(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    const elapsed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let i = 1; i <= elapsed; i++) {
      const index = (this.#bucket + i) % BUCKETS;
      for (const counts of this.#series) counts[index] = 0;
    }
    this.#bucket = bucket;
    this.#index = bucket % BUCKETS;
    this.#bucketEndsAt = (bucket + 1) * this.#bucketMs;
  }
}
