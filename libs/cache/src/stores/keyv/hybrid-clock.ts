import type { Clock } from 'nestjs-mainstay/common';
import type { SharedTime } from '../entry-codec.js';

/** What clocks of instances may differ by without anybody having to notice, in microseconds. */
const TOLERANCE_US = 10_000;
/** Versions have 16 digits; nothing writes one from so far ahead. */
const LAST_VERSION = 9e15;

/**
 * The time by which instances order what they write where their store has none, in microseconds: the wall time of this
 * process, put forward to that of whoever is ahead of it as soon as a version of theirs is seen. Until then clocks that
 * differ order things wrongly by as much (a hybrid logical clock after Kulkarni et al., 2014).
 */
export class HybridClock implements SharedTime {
  readonly #clock: Clock;
  #aheadUs = 0;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time at a moment of `Clock.now()`. */
  latest(at: number): number {
    const wallTime = this.#clock.wallTime() - (this.#clock.now() - at);
    return Math.round(wallTime * 1_000) + this.#aheadUs;
  }

  /** The version of what is written now: later than every one that was given or seen. */
  next(): number {
    this.#last = Math.max(this.latest(this.#clock.now()), this.#last + 1);
    return this.#last;
  }

  /**
   * The version of an invalidation now: as if it were a moment later, so that it holds for what was written just before
   * by an instance whose clock is a little ahead. Who writes afterwards sees it first, and is later still.
   */
  nextInvalidation(): number {
    this.#last = Math.max(this.latest(this.#clock.now()) + TOLERANCE_US, this.#last + 1);
    return this.#last;
  }

  /** A version of another instance was seen. */
  observe(version: number): void {
    if (!(version > this.#last) || version >= LAST_VERSION) return;
    this.#last = version;
    const expected = this.latest(this.#clock.now()) + TOLERANCE_US;
    if (version > expected) this.#aheadUs += version - expected;
  }
}
