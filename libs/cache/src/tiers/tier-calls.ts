import type { Clock } from 'nestjs-mainstay/common';
import {
  CacheOverloadedError,
  CacheTierUnavailableError,
  CacheTimeoutError,
} from '../cache.errors.js';
import type { SharedLink } from './shared-store.js';
import { within } from './time-limit.js';

/** Time for the shared tier where there is another way to answer, and where there is none, in milliseconds. */
export const SOFT_TIMEOUT_MS = 50;
export const HARD_TIMEOUT_MS = 500;

/** Calls that may wait for the shared tier; more are refused at once. */
const MAX_IN_FLIGHT = 1_000;

/** Calls of the shared tier: refused while it is away or too many wait for it, and given up when they take too long. */
export class TierCalls {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #link: SharedLink;
  #inFlight = 0;

  constructor(name: string, clock: Clock, link: SharedLink) {
    this.#name = name;
    this.#clock = clock;
    this.#link = link;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** @throws CacheTierUnavailableError, CacheOverloadedError: nothing may be sent now */
  admit(): void {
    if (!this.#link.isUp) throw new CacheTierUnavailableError(this.#name);
    if (this.#inFlight >= MAX_IN_FLIGHT) throw new CacheOverloadedError(this.#name, MAX_IN_FLIGHT);
  }

  /** A call was admitted; it counts until {@link end}, also when nobody waits for it any more. */
  begin(): void {
    this.#inFlight++;
  }

  /** Calls have ended. */
  end(count = 1): void {
    this.#inFlight -= count;
  }

  /**
   * Waits for work, but not too long.
   * @throws CacheTimeoutError
   */
  within<T>(timeoutMs: number, work: PromiseLike<T>): Promise<T> {
    const onTimeout = (): Error => new CacheTimeoutError(this.#name, timeoutMs);
    return within(this.#clock, timeoutMs, work, onTimeout);
  }

  /**
   * Waits for work that was admitted, and counts it.
   * @throws CacheTimeoutError
   */
  wait<T>(timeoutMs: number, work: PromiseLike<T>): Promise<T> {
    this.begin();
    const ended = (): void => this.end();
    work.then(ended, ended);
    return this.within(timeoutMs, work);
  }
}
