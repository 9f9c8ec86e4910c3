import type {
  BoundRecorder,
  Classification,
  OperationStatus,
  RecoveryOutcome,
  RetryEnd,
} from 'nestjs-mainstay/resilience';
import type { OperationErrors } from './monitors/operation-errors.js';
import type { OperationTimes } from './monitors/operation-times.js';

/** What the monitors know of one operation. @see {@link StatusManager.bind} */
export class RecordedOperation implements BoundRecorder {
  readonly resource: string;
  readonly operation: string;
  /** Counts and times, of the PerformanceMonitor. */
  readonly times: OperationTimes;
  /** Error rate, types and recovery times, of the ErrorMonitor. */
  readonly errors: OperationErrors;

  constructor(resource: string, operation: string, times: OperationTimes, errors: OperationErrors) {
    this.resource = resource;
    this.operation = operation;
    this.times = times;
    this.errors = errors;
  }

  recordAttempt(): void {
    this.times.recordAttempt();
  }

  recordSuccess(durationMs: number): void {
    this.times.recordSuccess(durationMs);
  }

  recordHit(durationMs: number): void {
    this.times.recordHit(durationMs);
  }

  recordMiss(durationMs: number): void {
    this.times.recordMiss(durationMs);
  }

  recordFailure(durationMs: number, error: Classification): void {
    this.times.recordFailure(durationMs);
    this.errors.recordFailure(durationMs, error);
  }

  recordRejected(durationMs: number, error: Classification): void {
    this.times.recordRejected();
    this.errors.recordRejected(durationMs, error);
  }

  recordCancelled(): void {
    this.times.recordCancelled();
  }

  recordTry(durationMs: number, error?: Classification): void {
    if (error === undefined) this.times.recordSucceededTry();
    else {
      this.times.recordFailedTry();
      this.errors.recordFailedTry(durationMs, error);
    }
  }

  recordAnswer(isHit?: boolean): void {
    this.times.recordAnswer(isHit);
  }

  recordOutcome(
    outcome: RecoveryOutcome,
    tries: number,
    recoveryMs: number,
    reason?: RetryEnd,
  ): void {
    this.errors.recordOutcome(outcome, tries, recoveryMs, reason);
  }

  /** The fallbacks of a call were tried. @param succeeded whether one of them answered */
  recordFallback(succeeded: boolean): void {
    this.errors.recordFallback(succeeded);
  }

  /** The operation's status: `attempts = successes + failures + rejections + cancellations + active`. */
  status(): OperationStatus {
    const { attempts, successes, failures, rejections, cancellations, active } = this.times;
    const { resource, operation } = this;
    return {
      resource,
      operation,
      attempts,
      successes,
      failures,
      rejections,
      cancellations,
      active,
    };
  }
}
