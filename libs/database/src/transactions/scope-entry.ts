import type { TransactionScope } from './transaction-scope.js';

/**
 * A statement that a scope has taken on: the end of the scope waits until it has left. One that came too late is refused
 * when it runs, and does nothing to the scope.
 */
export class ScopeEntry {
  readonly #scope: TransactionScope;
  readonly #refusal: Error | undefined;
  #hasLeft = false;

  /** @internal made by {@link TransactionScope.enter} */
  constructor(scope: TransactionScope, refusal: Error | undefined) {
    this.#scope = scope;
    this.#refusal = refusal;
  }

  /**
   * Runs the statement when it is its turn.
   * @throws TransactionFinishedError, TransactionAbortedError, DatabasePoolTimeoutError: it was not sent
   */
  async run<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#refusal) throw this.#refusal;
    return this.#scope.runInTurn(statement);
  }

  /** Ends the statement with a failure that takes its scope with it: nothing more is sent, and it is rolled back. */
  async fail(cause: unknown): Promise<void> {
    if (this.#refusal) return;
    this.#scope.doom(cause);
    await this.leave();
  }

  /** Ends the statement. Settles when the scope, if it has failed, is rolled back. */
  async leave(): Promise<void> {
    if (this.#refusal || this.#hasLeft) return;
    this.#hasLeft = true;
    await this.#scope.leave();
  }
}
