import type { Clock } from 'nestjs-mainstay/common';

/** How far two clocks may drift apart, in microseconds for each millisecond: 500 ppm, as NTP takes it. */
const DRIFT = 0.5;

interface Reading {
  /** What Redis said, in microseconds. */
  readonly time: number;
  readonly sentAt: number;
  readonly receivedAt: number;
}

/**
 * The time of Redis, which is what instances have in common, in microseconds; for any moment of this process's clock, also
 * for one at which Redis could not be asked. It is known within bounds: a reading lies between the sending of the
 * question and the answer (Cristian's algorithm).
 */
export class RedisTime {
  readonly #clock: Clock;
  #best: Reading | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Another server may have another time. */
  forget(): void {
    this.#best = undefined;
  }

  /** Takes note of a reading; one is kept until there is one that tells more, or something else: the clock was set. */
  read(time: number, sentAt: number): void {
    const reading: Reading = { time, sentAt, receivedAt: this.#clock.now() };
    if (this.#best === undefined || this.#tellsMore(reading, this.#best)) this.#best = reading;
  }

  /** It was not earlier than this in Redis at a moment of `Clock.now()`; for what must not pass for newer than it is. */
  earliest(at: number): number {
    const { time, receivedAt } = this.#reading();
    return Math.floor(time + (at - receivedAt) * 1_000 - Math.abs(at - receivedAt) * DRIFT);
  }

  /** It was not later than this in Redis at a moment of `Clock.now()`; for what must not pass for older than it is. */
  latest(at: number): number {
    const { time, sentAt } = this.#reading();
    return Math.ceil(time + (at - sentAt) * 1_000 + Math.abs(at - sentAt) * DRIFT);
  }

  #tellsMore(reading: Reading, best: Reading): boolean {
    const { time, sentAt, receivedAt } = reading;
    if (widthAt(reading, receivedAt) <= widthAt(best, receivedAt)) return true;
    return time < this.earliest(sentAt) || time > this.latest(receivedAt);
  }

  #reading(): Reading {
    if (this.#best === undefined) throw new Error('The time of Redis was never read.');
    return this.#best;
  }
}

/** How little a reading tells, in microseconds. */
function widthAt({ sentAt, receivedAt }: Reading, now: number): number {
  return (receivedAt - sentAt) * 1_000 + (now - receivedAt) * 2 * DRIFT;
}
