import type { Execution } from './execution.js';
import type { RecoveryHandler } from './recovery-handler.js';
import type { Recovery } from './recovery.js';
import type { UnknownErrorLog } from './unknown-error-log.js';

/**
 * Decides what becomes of a call whose first try failed: known errors go to the {@link RecoveryHandler}, unknown ones are
 * logged and thrown on as they are.
 */
export class ErrorHandler {
  readonly #recovery: RecoveryHandler;
  readonly #unknownErrors: UnknownErrorLog;

  constructor(recovery: RecoveryHandler, unknownErrors: UnknownErrorLog) {
    this.#recovery = recovery;
    this.#unknownErrors = unknownErrors;
  }

  /**
   * Handles the failure of an execution's first try.
   * @returns the value of a retry or a fallback
   * @throws the operation's last error
   */
  handle<A, R>(execution: Execution<A, R>): Promise<R> {
    const hopeless = this.#recovery.giveUp(execution);
    if (hopeless === undefined) return this.#recover(execution);
    return this.#end(execution, hopeless);
  }

  async #recover<A, R>(execution: Execution<A, R>): Promise<R> {
    return this.#end(execution, await this.#recovery.recover(execution));
  }

  #end<A, R>(execution: Execution<A, R>, recovery: Recovery<R>): Promise<R> {
    const { resource, name } = execution.operation;
    if ('error' in recovery && execution.failure.classification.kind === 'unknown') {
      this.#unknownErrors.log(resource, name, recovery.error);
    }
    return execution.recovered(recovery);
  }
}
