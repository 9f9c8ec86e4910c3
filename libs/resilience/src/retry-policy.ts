import type { Clock } from 'nestjs-mainstay/common';
import { isFailureOfDependency, type Classification, type ErrorKind } from './classification.js';
import type { ResolvedRetryOptions } from './resolve-options.js';

/** How much longer than the own back-off a dependency may make us wait, in milliseconds (AWS SDK retry, 2026). */
const MAX_HINT_OVER_BACKOFF_MS = 5_000;

/** Nothing is known about an unknown error, and nobody waits for what was cancelled. */
const NEVER: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['unknown', 'cancelled']);

/** Decides whether an error may be retried, and how long to wait before: exponential back-off with full jitter. */
export class RetryPolicy {
  readonly #options: ResolvedRetryOptions;
  readonly #clock: Clock;

  constructor(options: ResolvedRetryOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Whether an error of this kind may be retried at all: the dependency failed, or the limiter was full, in a way that
   * may pass, and either the operation may be executed twice or the error proves that nothing was sent.
   */
  mayRetry(error: Classification, idempotent: boolean): boolean {
    if (!(error.retryable ?? isFailureOfDependency(error)) || NEVER.has(error.kind)) return false;
    return idempotent || error.notSent === true;
  }

  /** The wait before the next try, in milliseconds. @param tries how many tries there were */
  delayMs(tries: number, error: Classification): number {
    const { baseDelayMs, throttledBaseDelayMs, maxDelayMs } = this.#options;
    const base = error.kind === 'throttled' ? throttledBaseDelayMs : baseDelayMs;
    const backOffMs = this.#clock.random() * Math.min(maxDelayMs, base * 2 ** (tries - 1));
    const { retryAfterMs = 0 } = error;
    // A hint that is no number is none.
    if (!(retryAfterMs > backOffMs)) return backOffMs;
    return Math.min(retryAfterMs, backOffMs + MAX_HINT_OVER_BACKOFF_MS);
  }
}
