import type { Clock } from 'nestjs-mainstay/common';
import type { Execution } from './execution.js';
import type { RecoveryHandler } from './recovery-handler.js';
import type { UnknownErrorLog } from './unknown-error-log.js';

/**
 * What happens after an operation failed: a known error goes to the {@link RecoveryHandler}, an unknown one is logged and
 * rethrown as it is; the outcome is always recorded.
 */
export class ErrorHandler {
  readonly #recovery: RecoveryHandler;
  readonly #unknownErrors: UnknownErrorLog;
  readonly #clock: Clock;

  constructor(recovery: RecoveryHandler, unknownErrors: UnknownErrorLog, clock: Clock) {
    this.#recovery = recovery;
    this.#unknownErrors = unknownErrors;
    this.#clock = clock;
  }

  /**
   * Handles the failure of an execution's first try.
   * @returns the value of a retry or a fallback
   * @throws the operation's last error
   */
  async handle<A, R>(execution: Execution<A, R>, error: unknown): Promise<R> {
    const { resource, name, recorder } = execution.operation;
    if (isUnknown(execution)) {
      this.#unknownErrors.log(resource, name, error);
      recorder.recordOutcome('no-recovery-possible', execution.tries, 0);
      throw error;
    }
    const recovery = await this.#recovery.recover(execution);
    if ('error' in recovery && isUnknown(execution)) {
      this.#unknownErrors.log(resource, name, recovery.error);
    }
    recorder.recordOutcome(
      recovery.outcome,
      execution.tries,
      this.#clock.now() - execution.firstFailureAt,
    );
    if ('value' in recovery) return recovery.value;
    throw recovery.error;
  }
}

function isUnknown<A, R>(execution: Execution<A, R>): boolean {
  return execution.failure?.classification.kind === 'unknown';
}
