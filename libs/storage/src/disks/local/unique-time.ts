import type { Clock } from 'nestjs-mainstay/common';

const MICROSECONDS_PER_MS = 1_000;
const MICROSECONDS_PER_SECOND = 1_000_000;
/** Node passes times as floating point seconds; a step of one microsecond may be lost on the way. */
const STEP_MICROSECONDS = 2;

/**
 * Modification times that differ from each other. The file system's own come from a clock that may stand still for 4 ms,
 * in which a freed inode can be used again: two versions of an object would then have one etag.
 */
export class UniqueTime {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wall time now, in seconds, later than any that was given before. */
  next(): number {
    const now = Math.floor(this.#clock.wallTime() * MICROSECONDS_PER_MS);
    this.#last = Math.max(now, this.#last + STEP_MICROSECONDS);
    return this.#last / MICROSECONDS_PER_SECOND;
  }
}
