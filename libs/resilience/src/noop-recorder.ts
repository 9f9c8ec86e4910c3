import type { BoundRecorder, OperationRecorder, OperationStatus } from './operation-recorder.js';

/** The {@link OperationRecorder} that records nothing: in force when no StatusModule is imported. */
export class NoopRecorder implements OperationRecorder {
  bind(resource: string, operation: string): BoundRecorder {
    return new NoopBoundRecorder(resource, operation);
  }

  recordStep(): void {}

  recordInitialization(): void {}

  recordTransition(): void {}
}

class NoopBoundRecorder implements BoundRecorder {
  readonly #status: OperationStatus;

  constructor(resource: string, operation: string) {
    this.#status = {
      resource,
      operation,
      attempts: 0,
      successes: 0,
      failures: 0,
      rejections: 0,
      cancellations: 0,
      active: 0,
    };
  }

  recordAttempt(): void {}
  recordSuccess(): void {}
  recordHit(): void {}
  recordMiss(): void {}
  recordFailure(): void {}
  recordRejected(): void {}
  recordCancelled(): void {}
  recordTry(): void {}
  recordAnswer(): void {}
  recordOutcome(): void {}
  recordFallback(): void {}

  status(): OperationStatus {
    return this.#status;
  }
}
