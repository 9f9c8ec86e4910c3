import { withDeadline, type Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { ErrorKind } from './classification.js';
import type { Execution } from './execution.js';
import { attachFallbackError } from './fallback-error.js';
import { OperationCancelledError } from './operation-cancelled.error.js';
import { OperationTimeoutError } from './operation-timeout.error.js';
import type { RecoveryOutcome } from './operation-recorder.js';
import type { RetryPolicy } from './retry-policy.js';

/** How a recovery ended: with a value, or with the error that the caller gets. */
export type Recovery<R> =
  | { readonly outcome: 'recovered' | 'using-fallback'; readonly value: R }
  | {
      readonly outcome: Exclude<RecoveryOutcome, 'success' | 'recovered' | 'using-fallback'>;
      readonly error: unknown;
    };

const FALLBACK_KINDS: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'timeout',
  'throttled',
  'unavailable',
  'transient',
  'rejected',
]);

/**
 * Recovers an operation from a known error: can retry → retried until it succeeds or the tries, the deadline or the
 * breaker end it; cannot retry, or retrying did not help → fallback; without one the operation failed.
 */
export class RecoveryHandler {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #shutdown: AbortSignal;

  /** @param shutdown aborts when the application shuts down: cuts back-offs, allows no further retries */
  constructor(
    policy: RetryPolicy,
    clock: Clock,
    breaker: CircuitBreaker | undefined,
    shutdown: AbortSignal,
  ) {
    this.#policy = policy;
    this.#clock = clock;
    this.#breaker = breaker;
    this.#shutdown = shutdown;
  }

  /** Tries to recover the execution from its last failure. */
  async recover<A, R>(execution: Execution<A, R>): Promise<Recovery<R>> {
    const { idempotent, maxTries } = execution.operation;
    const { classification } = lastFailure(execution);
    const retryable = maxTries > 1 && this.#policy.mayRetry(classification, idempotent);
    if (retryable) {
      const recovered = await this.#retry(execution);
      if (recovered) return recovered;
    }
    return this.#fallBack(execution, retryable);
  }

  async #retry<A, R>(execution: Execution<A, R>): Promise<Recovery<R> | undefined> {
    while (this.#mayTryAgain(execution)) {
      const delayMs = this.#policy.delayMs(execution.tries, lastFailure(execution).classification);
      if (delayMs >= execution.remainingMs()) return undefined;
      if (!(await this.#backOff(delayMs, execution))) break;
      try {
        return { outcome: 'recovered', value: await execution.tryOnce() };
      } catch {
        // The execution keeps its failure, which decides about the next try.
      }
    }
    return undefined;
  }

  #mayTryAgain<A, R>(execution: Execution<A, R>): boolean {
    const { maxTries, idempotent } = execution.operation;
    if (execution.tries >= maxTries || this.#shutdown.aborted || execution.signal?.aborted)
      return false;
    if (this.#breaker !== undefined && this.#breaker.state !== 'closed') return false;
    return this.#policy.mayRetry(lastFailure(execution).classification, idempotent);
  }

  /** Waits; a shutdown, the caller's abort or an opening breaker ends the wait. @returns whether it ran to its end */
  async #backOff<A, R>(delayMs: number, execution: Execution<A, R>): Promise<boolean> {
    const cut = new AbortController();
    const stop = (): void => cut.abort(new Error('The back-off was cut.'));
    const unsubscribe = this.#breaker?.subscribe(stop);
    this.#shutdown.addEventListener('abort', stop, { once: true });
    execution.signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#clock.sleep(delayMs, cut.signal);
      return true;
    } catch {
      return false;
    } finally {
      unsubscribe?.();
      this.#shutdown.removeEventListener('abort', stop);
      execution.signal?.removeEventListener('abort', stop);
    }
  }

  async #fallBack<A, R>(execution: Execution<A, R>, retried: boolean): Promise<Recovery<R>> {
    const { resource, name, fallback } = execution.operation;
    if (execution.signal?.aborted) {
      const error = new OperationCancelledError(resource, name, 'caller', execution.signal.reason);
      return { outcome: 'cancelled', error };
    }
    const { error, classification } = lastFailure(execution);
    const isLate = execution.callerDeadline <= this.#clock.now();
    if (!fallback || isLate || !FALLBACK_KINDS.has(classification.kind)) {
      return { outcome: failedOutcome(classification.kind, retried), error };
    }
    try {
      return { outcome: 'using-fallback', value: await this.#boundedFallback(execution, fallback) };
    } catch (fallbackError) {
      const outcome = failedOutcome(classification.kind, retried);
      return { outcome, error: attachFallbackError(error, fallbackError) };
    }
  }

  /** The fallback runs inside the caller's deadline; without one, within one try timeout. */
  async #boundedFallback<A, R>(
    execution: Execution<A, R>,
    fallback: (error: unknown, arg: A) => R | PromiseLike<R>,
  ): Promise<R> {
    const { resource, name, tryTimeoutMs } = execution.operation;
    const { error } = lastFailure(execution);
    const { callerDeadline } = execution;
    const timeoutMs =
      callerDeadline === Infinity ? tryTimeoutMs : callerDeadline - this.#clock.now();
    if (timeoutMs === false) return fallback(error, execution.arg);
    const onTimeout = (): Error =>
      new OperationTimeoutError(resource, `${name} (fallback)`, timeoutMs);
    return withDeadline(this.#clock, { timeoutMs, signal: execution.signal, onTimeout }, async () =>
      fallback(error, execution.arg),
    );
  }
}

function failedOutcome(
  kind: ErrorKind,
  retried: boolean,
): 'retry-failed' | 'rejected' | 'cancelled' | 'no-recovery-possible' {
  if (kind === 'rejected' || kind === 'cancelled') return kind;
  if (kind === 'unknown') return 'no-recovery-possible';
  return retried ? 'retry-failed' : 'no-recovery-possible';
}

function lastFailure<A, R>(execution: Execution<A, R>): NonNullable<Execution<A, R>['failure']> {
  if (!execution.failure) throw new Error('An execution without a failure cannot be recovered.');
  return execution.failure;
}
