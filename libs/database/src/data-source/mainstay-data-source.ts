import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import type { Clock } from 'nestjs-mainstay/common';
import type { DatabaseOperations } from '../database-operations.js';
import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import { ScopedQueryRunner } from '../sqlite/scoped-query-runner.js';
import { SqliteGate } from '../sqlite/sqlite-gate.js';
import type { SqliteConnection } from '../sqlite/sqlite-connection.js';
import { SqliteQueryRunner, type SqliteRunnerHost } from '../sqlite/sqlite-query-runner.js';
import { SqliteSession } from '../sqlite/sqlite-session.js';
import type { TransactionHost } from '../transactions/transaction-host.js';
import { TransactionManager } from '../transactions/transaction-manager.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import { MainstayEntityManager } from './mainstay-entity-manager.js';

/** How long {@link MainstayDataSource.destroy} lets work in flight end, in milliseconds. */
const DRAIN_MS = 1_000;

/** What a {@link MainstayDataSource} works with, beside TypeORM's options. */
export interface DataSourceSettings {
  /** Name of the resource: `'database'`, `'database:reports'`. */
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly acquireTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  /** Opens a connection to a path. */
  readonly openConnection: (path: string) => SqliteConnection;
}

/**
 * TypeORM's data source with one door: every statement of repositories, query builders and raw queries comes through
 * {@link createQueryRunner}, and goes into the transaction that is active where it is called. Repositories work before
 * the database is there: calls fail at once until it is.
 */
export class MainstayDataSource extends DataSource implements SqliteRunnerHost, TransactionHost {
  declare driver: BetterSqlite3Driver;
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly acquireTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  /** Opens a connection apart from the one in use. @internal */
  readonly openConnection: (path: string) => SqliteConnection;
  /** The transactions of this data source. */
  readonly transactions: TransactionManager;
  /** The way to the connection. @internal */
  readonly gate: SqliteGate;
  readonly #privileged = new AsyncLocalStorage<true>();
  #destroying: Promise<void> | undefined;

  constructor(options: DataSourceOptions, settings: DataSourceSettings) {
    super(options);
    this.name = settings.name;
    this.clock = settings.clock;
    this.operations = settings.operations;
    this.acquireTimeoutMs = settings.acquireTimeoutMs;
    this.transactionTimeoutMs = settings.transactionTimeoutMs;
    this.openConnection = settings.openConnection;
    this.transactions = new TransactionManager(this);
    this.gate = new SqliteGate({
      name: settings.name,
      clock: settings.clock,
      acquireTimeoutMs: settings.acquireTimeoutMs,
      connection: () => this.driver.databaseConnection as SqliteConnection | undefined,
    });
  }

  /**
   * Validates the entities and makes repositories, without a database.
   * @throws DatabaseConfigurationError
   */
  async prepare(): Promise<this> {
    try {
      await this.buildMetadatas();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new DatabaseConfigurationError(
        this.name,
        `the entities are not valid: ${problem}`,
        error,
      );
    }
    return this;
  }

  /** Connects. Others than the initialisation are let in by {@link open}. */
  override initialize(): Promise<this> {
    return this.asInitialization(() => super.initialize());
  }

  /** Runs a part of the initialisation, which may use the data source before others may. */
  asInitialization<T>(work: () => Promise<T>): Promise<T> {
    return this.#privileged.run(true, work);
  }

  /** Lets everybody in: the initialisation has passed. */
  open(): void {
    this.gate.open();
  }

  /** Closes the connection. Always ends; may be called at any time, and before {@link initialize} again. */
  override destroy(): Promise<void> {
    this.#destroying ??= this.#close().finally(() => (this.#destroying = undefined));
    return this.#destroying;
  }

  override createQueryRunner(): QueryRunner {
    const scope = this.transactions.scopeOfStatements();
    return this.#withManager(
      scope ? new ScopedQueryRunner(this, scope) : this.#createRunner({ recorded: true }),
    );
  }

  override createEntityManager(queryRunner?: QueryRunner): EntityManager {
    return new MainstayEntityManager(this, queryRunner);
  }

  createTransactionRunner(): SqliteQueryRunner {
    return this.#withManager(this.#createRunner({ recorded: false }));
  }

  createScopedManager(scope: TransactionScope): EntityManager {
    return this.#withManager(new ScopedQueryRunner(this, scope)).manager;
  }

  #createRunner({ recorded }: { recorded: boolean }): SqliteQueryRunner {
    const isPrivileged = this.#privileged.getStore() ?? false;
    return new SqliteQueryRunner(this, {
      session: new SqliteSession(this.gate, isPrivileged),
      recorded: recorded && !isPrivileged,
    });
  }

  #withManager<R extends QueryRunner>(runner: R): R {
    this.createEntityManager(runner);
    return runner;
  }

  async #close(): Promise<void> {
    this.gate.close();
    await this.gate.drain(DRAIN_MS);
    if (this.isInitialized) await super.destroy();
  }
}
