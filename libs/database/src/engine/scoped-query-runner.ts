import { TransactionNotStartedError, type QueryResult } from 'typeorm';
import type { StatementPlace } from '../database-operations.js';
import { TransactionControlError } from '../errors/transaction.errors.js';
import type { ScopeEntry } from '../transactions/scope-entry.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import type { ScopedQueryRunner, StatementOptions } from './engine-query-runner.js';
import type { ManagedQueryRunner, RunnerClass } from './managed-query-runner.js';
import { controlsTransaction } from './transaction-words.js';

type Scoped<B> = B & RunnerClass<ScopedQueryRunner>;

/**
 * Derives a query runner inside a managed transaction from an engine's: it sends through the transaction's connection
 * and in its order; releasing it gives nothing back, and a transaction that is begun on it is a savepoint.
 */
export function scopeRunner<B extends RunnerClass<ManagedQueryRunner>>(Base: B): Scoped<B> {
  abstract class Runner extends Base implements ScopedQueryRunner {
    abstract readonly scope: TransactionScope;
    /** TypeORM begins no transaction of its own for what it writes inside one. */
    override isTransactionActive = true;
    readonly #nested: TransactionScope[] = [];

    override get place(): StatementPlace {
      return 'managed-transaction';
    }

    override async execute(
      sql: string,
      parameters: unknown = [],
      options?: StatementOptions,
    ): Promise<QueryResult> {
      this.throwIfReleased();
      if (controlsTransaction(sql)) throw new TransactionControlError(this.parts.host.name);
      const send = (): Promise<QueryResult> => this.#execute(sql, parameters, options);
      return options?.entry ? options.entry.run(send) : this.#current.run(send);
    }

    override async startTransaction(): Promise<void> {
      this.#nested.push(await this.#current.nest());
    }

    override async commitTransaction(): Promise<void> {
      await this.#pop().commit();
    }

    override async rollbackTransaction(): Promise<void> {
      await this.#pop().rollback(new Error('The query runner rolled back.'));
    }

    override async release(): Promise<void> {
      if (this.isReleased) return;
      while (this.#nested.length > 0) await this.rollbackTransaction();
      this.isReleased = true;
    }

    override async [Symbol.asyncDispose](): Promise<void> {
      await this.release();
    }

    override enter(): ScopeEntry {
      return this.#current.enter();
    }

    get #current(): TransactionScope {
      return this.#nested.at(-1) ?? this.scope;
    }

    async #execute(
      sql: string,
      parameters: unknown,
      options: StatementOptions | undefined,
    ): Promise<QueryResult> {
      try {
        return await super.execute(sql, parameters, options);
      } catch (error) {
        // The engine has ended the transaction itself: a full disk, a lost connection.
        if (!this.parts.session.inTransaction) await this.scope.root.fail(error);
        throw error;
      }
    }

    #pop(): TransactionScope {
      const nested = this.#nested.pop();
      if (!nested) throw new TransactionNotStartedError();
      return nested;
    }
  }
  return Runner;
}
