import { TransactionNotStartedError, type QueryResult } from 'typeorm';
import type { StatementPlace } from '../database-operations.js';
import { TransactionControlError } from '../errors/transaction.errors.js';
import type { ScopeEntry } from '../transactions/scope-entry.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import {
  SqliteQueryRunner,
  type SqliteRunnerHost,
  type StatementOptions,
} from './sqlite-query-runner.js';

const CONTROL = /^\s*(?:BEGIN|COMMIT|END|ROLLBACK(?!\s+(?:TRANSACTION\s+)?TO\b))\b/i;

/**
 * A query runner inside a managed transaction: it sends through the transaction's connection and in its order; releasing
 * it gives nothing back, and a transaction that is begun on it is a savepoint.
 */
export class ScopedQueryRunner extends SqliteQueryRunner {
  readonly scope: TransactionScope;
  readonly #nested: TransactionScope[] = [];

  constructor(host: SqliteRunnerHost, scope: TransactionScope) {
    super(host, { session: (scope.facts.runner as SqliteQueryRunner).session, recorded: true });
    this.scope = scope;
    // TypeORM begins no transaction of its own for what it writes inside one.
    this.isTransactionActive = true;
  }

  override get place(): StatementPlace {
    return 'managed-transaction';
  }

  override async execute(
    sql: string,
    parameters: unknown = [],
    options?: StatementOptions,
  ): Promise<QueryResult> {
    this.throwIfReleased();
    if (CONTROL.test(sql)) throw new TransactionControlError(this.host.name);
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

  protected override enter(): ScopeEntry {
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
      // SQLite ends a transaction itself after some errors (full disk, failed I/O).
      if (!this.session.inTransaction) await this.scope.root.fail(error);
      throw error;
    }
  }

  #pop(): TransactionScope {
    const nested = this.#nested.pop();
    if (!nested) throw new TransactionNotStartedError();
    return nested;
  }
}
