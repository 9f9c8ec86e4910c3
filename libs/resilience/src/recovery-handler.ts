import type { ErrorKind } from './classification.js';
import type { Execution } from './execution.js';
import { fallBack, mayFallBack } from './fallback-chain.js';
import { attachFallbackError } from './fallback-error.js';
import { OperationCancelledError, type CancellationReason } from './operation-cancelled.error.js';
import type { RetryEnd } from './operation-recorder.js';
import type { Recovery } from './recovery.js';
import type { Retrier } from './retrier.js';

/**
 * Recovers a call from a known error: can retry → retried until it succeeds or something ends the retrying; cannot
 * retry, or retrying did not help → fallback; without one the call failed.
 */
export class RecoveryHandler {
  readonly #retrier: Retrier;

  constructor(retrier: Retrier) {
    this.#retrier = retrier;
  }

  /** How a call ends that can neither be retried nor answered by a fallback; `undefined` for one that can. */
  giveUp<A, R>(execution: Execution<A, R>): Recovery<R> | undefined {
    if (this.#retrier.mayRetry(execution) || mayFallBack(execution)) return undefined;
    return failed(execution, undefined);
  }

  /** Tries to recover the execution from its last failure. */
  async recover<A, R>(execution: Execution<A, R>): Promise<Recovery<R>> {
    let reason: RetryEnd | undefined;
    if (this.#retrier.mayRetry(execution)) {
      const retried = await this.#retrier.retry(execution);
      if ('value' in retried) return { outcome: 'recovered', value: retried.value };
      reason = retried.end;
    }
    if (execution.signal?.aborted) return cancelled(execution, 'caller');
    if (!mayFallBack(execution)) return failed(execution, reason);
    return this.#fallBack(execution, reason);
  }

  async #fallBack<A, R>(
    execution: Execution<A, R>,
    reason: RetryEnd | undefined,
  ): Promise<Recovery<R>> {
    const { recorder } = execution.operation;
    try {
      const value = await fallBack(execution);
      recorder.recordFallback(true);
      return { outcome: 'using-fallback', value, reason };
    } catch (error) {
      const cut = reasonOfCut(execution);
      if (cut !== undefined) return cancelled(execution, cut);
      recorder.recordFallback(false);
      const recovery = failed(execution, reason);
      return { ...recovery, error: attachFallbackError(execution.failure.error, error) };
    }
  }
}

type Failed = Extract<Recovery<never>, { readonly error: unknown }>;

/** Why the wait for a fallback was cut, if it was. */
function reasonOfCut<A, R>(execution: Execution<A, R>): CancellationReason | undefined {
  if (execution.signal?.aborted) return 'caller';
  return execution.environment.fallbackWaits.isShutDown ? 'shutdown' : undefined;
}

function cancelled<A, R>(
  { operation, signal }: Execution<A, R>,
  reason: CancellationReason,
): Failed {
  const { resource, name } = operation;
  const cause = reason === 'caller' ? (signal?.reason as unknown) : undefined;
  const error = new OperationCancelledError(resource, name, reason, cause);
  return { outcome: 'cancelled', error };
}

/** @param reason what ended the retrying; `undefined` when the first error could not be retried */
function failed<A, R>({ failure }: Execution<A, R>, reason: RetryEnd | undefined): Failed {
  const { error, classification } = failure;
  return { outcome: failedOutcome(classification.kind, reason !== undefined), error, reason };
}

function failedOutcome(kind: ErrorKind, wasRetryable: boolean): Failed['outcome'] {
  if (kind === 'rejected' || kind === 'cancelled') return kind;
  if (kind === 'unknown') return 'no-recovery-possible';
  return wasRetryable ? 'retry-failed' : 'no-recovery-possible';
}
