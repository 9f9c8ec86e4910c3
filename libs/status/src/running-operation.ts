import type { Clock } from 'nestjs-mainstay/common';
import type { BoundRecorder, Classification, OperationStatus } from 'nestjs-mainstay/resilience';

/** A call that was begun with {@link StatusManager.beginOperation}; its first end counts, later ones do nothing. */
export class RunningOperation {
  readonly #recorder: BoundRecorder;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #ended = false;

  constructor(recorder: BoundRecorder, clock: Clock) {
    this.#recorder = recorder;
    this.#clock = clock;
    recorder.recordAttempt();
    this.#startedAt = clock.now();
  }

  /** The operation is complete. */
  complete(): OperationStatus {
    return this.#end((durationMs) => this.#recorder.recordSuccess(durationMs));
  }

  /** The operation failed; errors that say `rejected` or `cancelled` are recorded as that. */
  fail(error: Classification): OperationStatus {
    return this.#end((durationMs) => {
      if (error.kind === 'rejected') this.#recorder.recordRejected(durationMs, error);
      else if (error.kind === 'cancelled') this.#recorder.recordCancelled(durationMs);
      else this.#recorder.recordFailure(durationMs, error);
    });
  }

  /** The caller gave the operation up. */
  cancel(): OperationStatus {
    return this.#end((durationMs) => this.#recorder.recordCancelled(durationMs));
  }

  #end(record: (durationMs: number) => void): OperationStatus {
    if (!this.#ended) {
      this.#ended = true;
      record(this.#clock.now() - this.#startedAt);
    }
    return this.#recorder.status();
  }
}
