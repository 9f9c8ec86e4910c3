import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import type { ProbeResult } from 'nestjs-mainstay/resource';
import type { DataSourceEnvironment } from '../engine/data-source-environment.js';
import type {
  DatabaseEngine,
  EngineHost,
  MigrationWait,
  RunnerOptions,
} from '../engine/database-engine.js';
import { toDatabaseError } from '../errors/to-database-error.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import { probeSqlite } from './probe-sqlite.js';
import { runSqliteMigrations } from './run-sqlite-migrations.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { SqliteGate } from './sqlite-gate.js';
import { ScopedSqliteQueryRunner, SqliteQueryRunner } from './sqlite-query-runner.js';
import { SqliteSession } from './sqlite-session.js';
import { setSqliteOptions, testSqliteOperations } from './sqlite-setup.js';
import { testSqliteFile } from './test-sqlite-file.js';

/** How long closing lets work in flight end, in milliseconds. */
const DRAIN_MS = 1_000;

/** The file of a SQLite database and how it is opened. */
export interface SqliteFile {
  readonly path: string;
  readonly Connection: new (path: string) => SqliteConnection;
}

/** SQLite behind a data source: everything goes through the one connection, in order. */
export class SqliteDatabaseEngine implements DatabaseEngine {
  readonly stepTimeoutMs = undefined;
  readonly turnTimeoutMs: number;
  readonly hasManyConnections = false;
  /** The way to the connection. */
  readonly gate: SqliteGate;
  readonly #host: EngineHost;
  readonly #file: SqliteFile;

  constructor(host: EngineHost, { name, config, clock }: DataSourceEnvironment, file: SqliteFile) {
    this.turnTimeoutMs = config.acquireTimeout;
    this.#host = host;
    this.#file = file;
    this.gate = new SqliteGate({
      name,
      clock,
      acquireTimeoutMs: config.acquireTimeout,
      connection: () => this.#driver.databaseConnection as SqliteConnection | undefined,
    });
  }

  createRunner({ recorded, privileged }: RunnerOptions): SqliteQueryRunner {
    const session = new SqliteSession(this.gate, privileged);
    return new SqliteQueryRunner(this.#driver, { host: this.#host, session, recorded });
  }

  createScopedRunner(scope: TransactionScope): ScopedSqliteQueryRunner {
    const { session } = (scope.facts.runner as SqliteQueryRunner).parts;
    const parts = { host: this.#host, session, recorded: true };
    return new ScopedSqliteQueryRunner(this.#driver, parts, scope);
  }

  async testConnection(): Promise<void> {
    await testSqliteFile(this.#file, this.#host.name);
  }

  setOptions(signal: AbortSignal): Promise<void> {
    return this.#onConnection(setSqliteOptions, signal);
  }

  testOperations(signal: AbortSignal): Promise<void> {
    return this.#onConnection(testSqliteOperations, signal);
  }

  async runMigrations(wait: MigrationWait): Promise<void> {
    const runner = this.createRunner({ recorded: false, privileged: true });
    this.#host.createEntityManager(runner);
    await runSqliteMigrations(this.#host, runner, wait);
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return probeSqlite(this.gate, signal);
  }

  open(): void {
    this.gate.open();
  }

  async close(): Promise<void> {
    this.gate.close();
    await this.gate.drain(DRAIN_MS);
  }

  /** Opening a file does not wait. */
  cancelConnecting(): void {}

  get #driver(): BetterSqlite3Driver {
    return this.#host.driver as BetterSqlite3Driver;
  }

  async #onConnection(
    work: (connection: SqliteConnection, dataSource: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { name } = this.#host;
    try {
      const session = new SqliteSession(this.gate, true);
      await session.run((connection) => work(connection, name), { signal });
    } catch (error) {
      throw toDatabaseError(error, name, 'rolled-back');
    }
  }
}
