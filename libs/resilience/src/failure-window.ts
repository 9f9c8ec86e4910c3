import type { Clock } from 'nestjs-mainstay/common';

const BUCKETS = 10;

/** Successes and failures of the last `windowMs`, in ten buckets of equal length that really expire. */
export class FailureWindow {
  readonly #clock: Clock;
  readonly #bucketMs: number;
  readonly #successes = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  #current = 0;

  constructor(windowMs: number, clock: Clock) {
    this.#clock = clock;
    this.#bucketMs = windowMs / BUCKETS;
    this.#current = this.#bucketNumber();
  }

  recordSuccess(): void {
    this.#expire();
    this.#successes[this.#current % BUCKETS]!++;
  }

  recordFailure(): void {
    this.#expire();
    this.#failures[this.#current % BUCKETS]!++;
  }

  /** Calls in the window, and the share of them that failed. */
  measure(): { calls: number; failureRatio: number } {
    this.#expire();
    const failures = sum(this.#failures);
    const calls = failures + sum(this.#successes);
    return { calls, failureRatio: calls === 0 ? 0 : failures / calls };
  }

  clear(): void {
    this.#successes.fill(0);
    this.#failures.fill(0);
  }

  #expire(): void {
    const now = this.#bucketNumber();
    const elapsed = Math.min(now - this.#current, BUCKETS);
    for (let i = 1; i <= elapsed; i++) {
      const index = (this.#current + i) % BUCKETS;
      this.#successes[index] = 0;
      this.#failures[index] = 0;
    }
    this.#current = now;
  }

  #bucketNumber(): number {
    return Math.floor(this.#clock.now() / this.#bucketMs);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
