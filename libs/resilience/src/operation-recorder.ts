import type { CircuitTransition } from './circuit-transition.js';
import type { Classification } from './classification.js';

/**
 * How the recovery of an operation ended. As success count `success`, `recovered` and `using-fallback`; as failure
 * `retry-failed` and `no-recovery-possible`.
 */
export type RecoveryOutcome =
  | 'success'
  | 'recovered'
  | 'retry-failed'
  | 'using-fallback'
  | 'no-recovery-possible'
  | 'rejected'
  | 'cancelled';

/** Why a call was not tried (again). */
export type RetryEnd =
  | 'not-retryable'
  | 'tries-spent'
  | 'deadline'
  | 'budget'
  | 'circuit-open'
  | 'cancelled'
  | 'shutdown'
  | 'other-layer';

/** What has been recorded of one operation since the start. */
export interface OperationStatus {
  readonly resource: string;
  readonly operation: string;
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
  readonly rejections: number;
  readonly cancellations: number;
  /** Calls that are running now: attempts that have not ended. */
  readonly active: number;
}

/**
 * Records one operation of one resource. Each call of a user is one `recordAttempt`, followed by exactly one of
 * success (`recordSuccess`; for a cache's `get` `recordHit` or `recordMiss` in its place), `recordFailure`,
 * `recordRejected` and `recordCancelled`. Retries are *tries* of the same attempt.
 */
export interface BoundRecorder {
  /** A call begins. */
  recordAttempt(): void;
  /** A call succeeded, also by a retry or a fallback. `durationMs` is the whole call's. */
  recordSuccess(durationMs: number): void;
  /** A read found its value; counts as success. */
  recordHit(durationMs: number): void;
  /** A read found nothing; counts as success. */
  recordMiss(durationMs: number): void;
  /** A call failed. */
  recordFailure(durationMs: number, error: Classification): void;
  /** A call was refused locally (breaker open, limiter full): the dependency was not asked. */
  recordRejected(durationMs: number, error: Classification): void;
  /** The caller or the shutdown gave the call up. */
  recordCancelled(durationMs: number): void;
  /** One execution of the operation's work ended; `error` is absent when it succeeded. */
  recordTry(durationMs: number, error?: Classification): void;
  /**
   * A call began and succeeded at once, without asking the dependency: the counts of `recordAttempt`, and of `recordHit`,
   * `recordMiss` or `recordSuccess`, in one, for what is called very often. Nothing was tried, and nothing is timed: it says
   * nothing about the dependency.
   * @param isHit of a read: whether it found its value
   */
  recordAnswer(isHit?: boolean): void;
  /**
   * How the recovery of a call that met an error ended. Calls that succeed at the first try do not come here.
   * @param recoveryMs from the first failure to the final success; for failures the time spent on recovery
   * @param reason what ended the retrying of a call that was retryable
   */
  recordOutcome(
    outcome: RecoveryOutcome,
    tries: number,
    recoveryMs: number,
    reason?: RetryEnd,
  ): void;
  /** The fallbacks of a call were asked; `succeeded`: one of them gave a result. */
  recordFallback(succeeded: boolean): void;
  /** What has been recorded so far. */
  status(): OperationStatus;
}

/**
 * Where operations report what happened to them. `StatusModule` provides it under {@link OPERATION_RECORDER}; without
 * StatusModule {@link NoopRecorder} takes its place.
 */
export interface OperationRecorder {
  /**
   * The recorder of one operation; called when it is bound.
   * @param proves the capability of the resource that a success of the operation's work proves, if it proves one
   */
  bind(resource: string, operation: string, proves?: string): BoundRecorder;
  /** A named initialisation step ended; `error` is absent when it passed. */
  recordStep(resource: string, step: string, durationMs: number, error?: Classification): void;
  /** An initialisation ended: all steps passed, or one failed. */
  recordInitialization(resource: string, succeeded: boolean, durationMs: number): void;
  /** The circuit breaker of a resource changed its state. */
  recordTransition(transition: CircuitTransition): void;
}

/** Injection token of the {@link OperationRecorder}. */
export const OPERATION_RECORDER = Symbol.for('nestjs-mainstay.operation-recorder');
