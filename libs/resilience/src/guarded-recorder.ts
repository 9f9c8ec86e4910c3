import type { CircuitTransition } from './circuit-transition.js';
import type { Classification } from './classification.js';
import { ListenerErrors } from './listener-errors.js';
import { NoopRecorder } from './noop-recorder.js';
import type {
  BoundRecorder,
  OperationRecorder,
  OperationStatus,
  RecoveryOutcome,
  RetryEnd,
} from './operation-recorder.js';

/**
 * Makes a recorder safe to call from an operation: what it throws is counted and logged, and changes nothing.
 * @internal
 */
export function guardRecorder(recorder: OperationRecorder): OperationRecorder {
  // Not by `instanceof`: one that extends it may throw.
  const isNoop = Object.getPrototypeOf(recorder) === NoopRecorder.prototype;
  const isSafe = isNoop || recorder instanceof GuardedRecorder;
  return isSafe ? recorder : new GuardedRecorder(recorder);
}

/** As {@link guardRecorder}, for the recorder of one operation. @internal */
export function guardBoundRecorder(recorder: BoundRecorder): BoundRecorder {
  if (recorder instanceof GuardedBoundRecorder) return recorder;
  return new GuardedBoundRecorder(recorder, new ListenerErrors('OperationRecorder'));
}

class GuardedRecorder implements OperationRecorder {
  readonly #inner: OperationRecorder;
  readonly #errors = new ListenerErrors('OperationRecorder');

  constructor(inner: OperationRecorder) {
    this.#inner = inner;
  }

  bind(resource: string, operation: string, proves?: string): BoundRecorder {
    return new GuardedBoundRecorder(this.#inner.bind(resource, operation, proves), this.#errors);
  }

  recordStep(resource: string, step: string, durationMs: number, error?: Classification): void {
    this.#errors.guard('Recording a step', () =>
      this.#inner.recordStep(resource, step, durationMs, error),
    );
  }

  recordInitialization(resource: string, succeeded: boolean, durationMs: number): void {
    this.#errors.guard('Recording an initialisation', () =>
      this.#inner.recordInitialization(resource, succeeded, durationMs),
    );
  }

  recordTransition(transition: CircuitTransition): void {
    this.#errors.guard('Recording a transition', () => this.#inner.recordTransition(transition));
  }
}

/** Written out instead of composed of closures: it is on the path of every operation. */
class GuardedBoundRecorder implements BoundRecorder {
  readonly #inner: BoundRecorder;
  readonly #errors: ListenerErrors;

  constructor(inner: BoundRecorder, errors: ListenerErrors) {
    this.#inner = inner;
    this.#errors = errors;
  }

  recordAttempt(): void {
    try {
      this.#inner.recordAttempt();
    } catch (error) {
      this.#report(error);
    }
  }

  recordSuccess(durationMs: number): void {
    try {
      this.#inner.recordSuccess(durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  recordHit(durationMs: number): void {
    try {
      this.#inner.recordHit(durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  recordMiss(durationMs: number): void {
    try {
      this.#inner.recordMiss(durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  recordFailure(durationMs: number, failure: Classification): void {
    try {
      this.#inner.recordFailure(durationMs, failure);
    } catch (error) {
      this.#report(error);
    }
  }

  recordRejected(durationMs: number, rejection: Classification): void {
    try {
      this.#inner.recordRejected(durationMs, rejection);
    } catch (error) {
      this.#report(error);
    }
  }

  recordCancelled(durationMs: number): void {
    try {
      this.#inner.recordCancelled(durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  recordTry(durationMs: number, failure?: Classification): void {
    try {
      this.#inner.recordTry(durationMs, failure);
    } catch (error) {
      this.#report(error);
    }
  }

  recordAnswer(isHit?: boolean): void {
    try {
      this.#inner.recordAnswer(isHit);
    } catch (error) {
      this.#report(error);
    }
  }

  recordOutcome(
    outcome: RecoveryOutcome,
    tries: number,
    recoveryMs: number,
    reason?: RetryEnd,
  ): void {
    try {
      this.#inner.recordOutcome(outcome, tries, recoveryMs, reason);
    } catch (error) {
      this.#report(error);
    }
  }

  recordFallback(succeeded: boolean): void {
    try {
      this.#inner.recordFallback(succeeded);
    } catch (error) {
      this.#report(error);
    }
  }

  status(): OperationStatus {
    return this.#inner.status();
  }

  #report(error: unknown): void {
    this.#errors.report('Recording an operation', error);
  }
}
