import type { TransactionScope } from './transaction-scope.js';

/**
 * A statement that a scope has taken on: the end of the scope waits until it has left. One that came too late is refused
 * when it runs, and does nothing to the scope.
 */
export class ScopeEntry {
  readonly #scope: TransactionScope;
  readonly #refusal: Error | undefined;

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

  /** Marks the scope as failed: nothing more is sent, and it is rolled back when the statement has left. */
  doom(cause: unknown): void {
    if (!this.#refusal) this.#scope.doom(cause);
  }

  /** Ends the statement. Settles when the scope that it doomed is rolled back. */
  async leave(): Promise<void> {
    if (!this.#refusal) await this.#scope.leave();
  }
}
