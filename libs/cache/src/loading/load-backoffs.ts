import type { Clock } from 'nestjs-mainstay/common';

/** Keys that are remembered; beyond it the oldest is loaded again. */
const MAX_KEYS = 10_000;

/**
 * Keys whose load has failed while they had a stale value: for a while that is given, and their source is left alone.
 * FusionCache calls it the throttle duration of its fail-safe, bentocache the back-off of its grace.
 */
export class LoadBackoffs {
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #until = new Map<string, number>();

  /** @param durationMs how long a key is left alone; 0 = not at all */
  constructor(clock: Clock, durationMs: number) {
    this.#clock = clock;
    this.#durationMs = durationMs;
  }

  /** Whether the key is not to be loaded now. */
  isActive(key: string): boolean {
    if (this.#until.size === 0) return false;
    return (this.#until.get(key) ?? -Infinity) > this.#clock.now();
  }

  /** A load of the key has failed. */
  begin(key: string): void {
    if (this.#durationMs === 0) return;
    // Deleted first, so that the oldest stays the first.
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + this.#durationMs);
    if (this.#until.size <= MAX_KEYS) return;
    const oldest = this.#until.keys().next();
    if (!oldest.done) this.#until.delete(oldest.value);
  }

  /** The key has a new value, or is to have one at once. */
  end(key: string): void {
    if (this.#until.size > 0) this.#until.delete(key);
  }
}
