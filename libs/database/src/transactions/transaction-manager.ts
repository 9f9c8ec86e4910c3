import type { EntityManager } from 'typeorm';
import { checkTimeout } from '../errors/invalid-timeout.error.js';
import {
  TransactionPropagationError,
  UnexpectedRollbackError,
} from '../errors/transaction.errors.js';
import { runInScope, scopeOf } from './transaction-context.js';
import type { TransactionHost } from './transaction-host.js';
import type { ScopeEntry } from './scope-entry.js';
import { TransactionUnit } from './transaction-unit.js';
import type { TransactionScope } from './transaction-scope.js';
import type {
  ActiveTransaction,
  Propagation,
  TransactionOptions,
  TransactionWork,
} from './transaction.options.js';

/**
 * Runs work in transactions of one data source. Inside, everything that goes through the data source takes part:
 * injected repositories, query builders, `dataSource.query`, `dataSource.manager`.
 * @example
 * await this.transactions.run(async () => {
 *   await this.accounts.decrement({ id: from }, 'balance', amount);
 *   await this.accounts.increment({ id: to }, 'balance', amount);
 * });
 */
export class TransactionManager {
  readonly #host: TransactionHost;
  #transactions = 0;

  /** @internal made by the data source */
  constructor(host: TransactionHost) {
    this.#host = host;
  }

  /**
   * Runs work in a transaction; it is committed when the work ends, and rolled back when the work throws.
   * @throws whatever the work throws
   * @throws UnexpectedRollbackError when a part had failed although the work ended well
   * @throws InvalidTimeoutError, TransactionTimeoutError, TransactionPropagationError, DatabasePoolTimeoutError, DatabaseUnavailableError
   */
  async run<T>(work: TransactionWork<T>, options: TransactionOptions = {}): Promise<T> {
    const propagation = options.propagation ?? 'REQUIRED';
    checkTimeout(this.#host.name, options.timeoutMs);
    const scope = this.#activeScope();
    if (scope) return this.#runInside(scope, work, { ...options, propagation });
    if (propagation === 'MANDATORY') throw this.#refusal(propagation, 'no transaction is active.');
    if (['SUPPORTS', 'NOT_SUPPORTED', 'NEVER'].includes(propagation)) {
      return this.#runOutside(work);
    }
    return this.#begin(work, options);
  }

  /** The transaction that the running code is in; `undefined` when there is none. */
  checkTransaction(): ActiveTransaction | undefined {
    const scope = this.#activeScope();
    if (!scope) return undefined;
    const { id, isReadOnly, startedAt, clock } = scope.facts;
    return {
      id,
      depth: scope.depth,
      isReadOnly,
      isRolledBack: scope.failure !== undefined,
      runningMs: clock.now() - startedAt,
    };
  }

  /**
   * Rolls back the active transaction now, inside a NESTED one only to its savepoint. Nothing is sent afterwards, and
   * the transaction ends with an UnexpectedRollbackError unless its work throws.
   * @param cause the first error, for everybody who asks why
   * @param failed the statement that asks for it by its failure; it has left then
   * @throws TransactionPropagationError without an active transaction
   */
  async rollback(cause?: unknown, failed?: ScopeEntry): Promise<void> {
    const reason = cause ?? new Error('The transaction was rolled back by request.');
    if (failed) return failed.fail(reason);
    const scope = this.#activeScope();
    if (!scope) throw this.#refusal('MANDATORY', 'no transaction is active.');
    return scope.fail(reason);
  }

  /** The scope that statements of the running code belong to; also one that has ended. @internal */
  scopeOfStatements(): TransactionScope | undefined {
    return scopeOf(this.#host);
  }

  /** Runs work between savepoints of `scope`. @internal */
  async nest<T>(scope: TransactionScope, work: TransactionWork<T>): Promise<T> {
    const nested = await scope.nest();
    try {
      const result = await this.#enter(nested, work);
      const failure = await nested.commit();
      if (failure) throw this.#unexpected(failure.cause);
      return result;
    } catch (error) {
      if (!nested.isClosed) await nested.rollback(error);
      throw error;
    }
  }

  #begin<T>(work: TransactionWork<T>, options: TransactionOptions): Promise<T> {
    return new TransactionUnit<T>(this.#host, ++this.#transactions, options).run(work);
  }

  #runOutside<T>(work: TransactionWork<T>): Promise<T> {
    return runInScope(this.#host, undefined, async () => work(this.#host.manager));
  }

  #runInside<T>(
    scope: TransactionScope,
    work: TransactionWork<T>,
    options: TransactionOptions & { readonly propagation: Propagation },
  ): Promise<T> {
    const { propagation } = options;
    scope.throwIfOver();
    switch (propagation) {
      case 'NESTED':
        return this.nest(scope, work);
      case 'NEVER':
        throw this.#refusal(propagation, 'a transaction is active.');
      case 'REQUIRES_NEW':
        this.#requireAnotherConnection(propagation);
        return this.#begin(work, options);
      case 'NOT_SUPPORTED':
        this.#requireAnotherConnection(propagation);
        return this.#runOutside(work);
      default:
        return this.#join(scope, work);
    }
  }

  /** Where there are several, the wait for one is bounded, so that transactions that wait for each other end. */
  #requireAnotherConnection(propagation: Propagation): void {
    if (this.#host.hasManyConnections) return;
    throw this.#refusal(
      propagation,
      'a transaction holds the only connection of this engine, so that the work would wait for itself. ' +
        'Run it before, in afterCommit(), or NESTED.',
    );
  }

  /** The failure of a participant is the failure of the whole. */
  async #join<T>(scope: TransactionScope, work: TransactionWork<T>): Promise<T> {
    try {
      return await this.#enter(scope, work);
    } catch (error) {
      await scope.fail(error);
      throw error;
    }
  }

  #enter<T>(scope: TransactionScope, work: TransactionWork<T>): Promise<T> {
    const manager: EntityManager = this.#host.createScopedManager(scope);
    return runInScope(this.#host, scope, async () => work(manager));
  }

  /** Work that begins after the end of the transaction around it is work without one. */
  #activeScope(): TransactionScope | undefined {
    const scope = scopeOf(this.#host);
    return scope?.isEnded ? undefined : scope;
  }

  #unexpected(cause: unknown): UnexpectedRollbackError {
    const { name, operations } = this.#host;
    return new UnexpectedRollbackError(name, cause, operations.classify(cause));
  }

  #refusal(propagation: Propagation, problem: string): TransactionPropagationError {
    return new TransactionPropagationError(this.#host.name, propagation, problem);
  }
}
