import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';
import type { Clock } from 'nestjs-mainstay/common';
import type { DatabaseOperations } from '../database-operations.js';
import type { DatabaseEngine, EngineHost, LoadedEngine } from '../engine/database-engine.js';
import type { EngineQueryRunner } from '../engine/engine-query-runner.js';
import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import type { TransactionHost } from '../transactions/transaction-host.js';
import { TransactionManager } from '../transactions/transaction-manager.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import { GuardedQueryLogger } from './guarded-query-logger.js';
import { MainstayEntityManager } from './mainstay-entity-manager.js';
import { RecoveryWatch } from './recovery-watch.js';

/** What a {@link MainstayDataSource} works with, beside TypeORM's options. */
export interface DataSourceSettings {
  /** Name of the resource: `'database'`, `'database:reports'`. */
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly transactionTimeoutMs: number;
  readonly engine: LoadedEngine;
}

/**
 * TypeORM's data source with one door: every statement of repositories, query builders and raw queries comes through
 * {@link createQueryRunner}, and goes into the transaction that is active where it is called. Repositories work before
 * the database is there: calls fail at once until it is.
 */
export class MainstayDataSource extends DataSource implements EngineHost, TransactionHost {
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly transactionTimeoutMs: number;
  /** The transactions of this data source. */
  readonly transactions: TransactionManager;
  /** What is different from database to database. @internal */
  readonly engine: DatabaseEngine;
  readonly #recovery: RecoveryWatch;
  readonly #privileged = new AsyncLocalStorage<true>();
  #initializing: Promise<unknown> = Promise.resolve();
  #destroying: Promise<void> | undefined;

  constructor(options: DataSourceOptions, settings: DataSourceSettings) {
    super(options);
    this.logger = new GuardedQueryLogger(this.logger);
    this.name = settings.name;
    this.clock = settings.clock;
    this.operations = settings.operations;
    this.transactionTimeoutMs = settings.transactionTimeoutMs;
    this.transactions = new TransactionManager(this);
    this.engine = settings.engine.create(this);
    this.#recovery = new RecoveryWatch({
      clock: this.clock,
      breaker: this.operations.breaker,
      probe: (signal) => this.engine.probe(signal),
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

  get turnTimeoutMs(): number {
    return this.engine.turnTimeoutMs;
  }

  get hasManyConnections(): boolean {
    return this.engine.hasManyConnections;
  }

  /** Connects. Others than the initialisation are let in by {@link open}. */
  override initialize(): Promise<this> {
    const initializing = this.asInitialization(() => super.initialize());
    this.#initializing = initializing.catch(() => undefined);
    return initializing;
  }

  /** Runs a part of the initialisation, which may use the data source before others may. */
  asInitialization<T>(work: () => Promise<T>): Promise<T> {
    return this.#privileged.run(true, work);
  }

  /** Lets everybody in: the initialisation has passed. */
  open(): void {
    this.engine.open();
    this.#recovery.start();
  }

  /** Closes the connection. Always ends; may be called at any time, and before {@link initialize} again. */
  override destroy(): Promise<void> {
    // TypeORM's own call when its connecting has failed half-way.
    if (this.#privileged.getStore()) return this.#disconnect();
    this.#destroying ??= this.#close().finally(() => (this.#destroying = undefined));
    return this.#destroying;
  }

  override createQueryRunner(): EngineQueryRunner {
    const scope = this.transactions.scopeOfStatements();
    return this.#withManager(
      scope ? this.engine.createScopedRunner(scope) : this.#createRunner({ recorded: true }),
    );
  }

  override createEntityManager(queryRunner?: QueryRunner): EntityManager {
    return new MainstayEntityManager(this, queryRunner);
  }

  createTransactionRunner(): EngineQueryRunner {
    return this.#withManager(this.#createRunner({ recorded: false }));
  }

  createScopedManager(scope: TransactionScope): EntityManager {
    return this.#withManager(this.engine.createScopedRunner(scope)).manager;
  }

  #createRunner({ recorded }: { recorded: boolean }): EngineQueryRunner {
    const privileged = this.#privileged.getStore() ?? false;
    return this.engine.createRunner({ recorded: recorded && !privileged, privileged });
  }

  #withManager<R extends QueryRunner>(runner: R): R {
    this.createEntityManager(runner);
    return runner;
  }

  async #close(): Promise<void> {
    this.#recovery.stop();
    await this.engine.close();
    // One that is given up must not come back later as a data source that is connected after all.
    this.engine.cancelConnecting();
    await this.#initializing;
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    if (this.isInitialized) await super.destroy();
  }
}
