import type { Clock } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import { endsBoot } from './initialization-advice.js';

/** The wait before another try is random between these, in milliseconds. */
const MIN_MS = 200;
const MAX_MS = 1_000;
/** The longest wait where it takes a person to change something, in milliseconds: servers count wrong passwords. */
const MAX_REFUSED_MS = 30_000;

/**
 * How long to wait before the initialisation of one resource is tried again. What will pass by itself is tried soon;
 * what was refused for its credentials or configuration twice as late each time, up to 30 s.
 */
export class InitializationBackOff {
  readonly #clock: Clock;
  #refusals = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns milliseconds */
  next(failure: Classification): number {
    this.#refusals = endsBoot(failure) ? this.#refusals + 1 : 0;
    const maxMs = Math.min(MAX_REFUSED_MS, MAX_MS * 2 ** Math.max(0, this.#refusals - 1));
    const minMs = this.#refusals > 1 ? maxMs / 2 : MIN_MS;
    return minMs + this.#clock.random() * (maxMs - minMs);
  }
}
