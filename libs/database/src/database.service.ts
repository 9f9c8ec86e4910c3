import type { MainstayDataSource } from './data-source/mainstay-data-source.js';
import type { StatementOptions } from './engine/engine-query-runner.js';
import { checkTimeout } from './errors/invalid-timeout.error.js';
import { toDatabaseError } from './errors/to-database-error.js';
import type { TransactionManager } from './transactions/transaction-manager.js';
import type { TransactionOptions, TransactionWork } from './transactions/transaction.options.js';

/** Options of one call of {@link DatabaseService.query}. */
export interface QueryOptions {
  /**
   * How long the statement may take, in milliseconds, and how long it waits for its connection at most. SQLite, where a
   * statement blocks the process, only bounds the wait.
   * @default `DATABASE_STATEMENT_TIMEOUT`, 10 s, after a wait of `DATABASE_ACQUIRE_TIMEOUT`, 3 s
   */
  readonly timeoutMs?: number;
  /** Ends the wait early; on PostgreSQL also the statement, which is cancelled on the server. */
  readonly signal?: AbortSignal;
}

/** Raw queries and transactions on one database. */
export class DatabaseService {
  /** TypeORM's data source; what goes through it takes part in transactions as well. */
  readonly dataSource: MainstayDataSource;
  readonly #transactions: TransactionManager;

  constructor(dataSource: MainstayDataSource) {
    this.dataSource = dataSource;
    this.#transactions = dataSource.transactions;
  }

  /**
   * Runs one statement, in the active transaction if there is one.
   * @returns the rows; for a statement without rows what the driver gives (SQLite: the last row id)
   * @throws {@link InvalidTimeoutError}
   * @throws DatabaseError; the active transaction has been rolled back then, inside a NESTED one only to its savepoint
   * @example
   * const rows = await this.database.query<{ id: number }[]>('SELECT id FROM orders WHERE state = ?', ['open']);
   */
  async query<T = unknown>(
    sql: string,
    parameters: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<T> {
    const transaction = this.#transactions.checkTransaction();
    // Taken on now: its transaction waits for it, whether it is awaited or not.
    const entry = this.#transactions.scopeOfStatements()?.enter();
    const place = entry ? 'managed-transaction' : 'alone';
    const run = (): Promise<T> => this.#run(sql, parameters, { ...options, entry });
    try {
      return await this.dataSource.operations.query(sql, run, place, options.signal);
    } catch (error) {
      if (transaction) await this.#transactions.rollback(error, entry);
      throw error;
    } finally {
      await entry?.leave();
    }
  }

  /**
   * Runs work in a transaction; see {@link TransactionManager.run}.
   * @example
   * await this.database.transaction(async () => {
   *   await this.orders.save(order);
   *   await this.database.query('UPDATE stock SET left = left - 1 WHERE id = ?', [order.item]);
   * });
   */
  transaction<T>(work: TransactionWork<T>, options?: TransactionOptions): Promise<T> {
    return this.#transactions.run(work, options);
  }

  async #run<T>(
    sql: string,
    parameters: readonly unknown[],
    options: StatementOptions,
  ): Promise<T> {
    checkTimeout(this.dataSource.name, options.timeoutMs);
    const runner = this.dataSource.createQueryRunner();
    try {
      const result = await runner.execute(sql, [...parameters], options);
      return result.raw as T;
    } catch (error) {
      throw toDatabaseError(error, this.dataSource.name, 'rolled-back');
    } finally {
      await runner.release();
    }
  }
}
