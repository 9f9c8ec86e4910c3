import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type {
  BootPolicy,
  Criticality,
  InitializationStep,
  ProbeResult,
} from 'nestjs-mainstay/resource';
import { Resource } from 'nestjs-mainstay/resource';
import type { MainstayDataSource } from './data-source/mainstay-data-source.js';
import type { DatabaseConfig } from './database.config.js';
import { DatabaseConfigurationError } from './errors/connection.errors.js';
import { DatabaseError } from './errors/database.error.js';
import { toDatabaseError } from './errors/to-database-error.js';
import { probeSqlite } from './sqlite/probe-sqlite.js';
import { runMigrations } from './sqlite/run-migrations.js';
import { SqliteSession } from './sqlite/sqlite-session.js';
import { setSqliteOptions, testSqliteOperations } from './sqlite/sqlite-setup.js';
import { MEMORY, parseSqliteUrl } from './sqlite/sqlite-url.js';
import type { SqliteConnection } from './sqlite/sqlite-connection.js';

/** How long migrations, those of another process included, may take, in milliseconds. */
const MIGRATIONS_TIMEOUT_MS = 60_000;

/** The name of the resource of an instance: `'database'`, `'database:reports'`. */
export function databaseResourceName(name?: string): string {
  return name === undefined ? 'database' : `database:${name}`;
}

/** How a database is initialised, probed and closed. */
export class DatabaseResource extends Resource {
  override readonly startedBy = 'module';
  override readonly boot: BootPolicy;
  override readonly criticality: Criticality;
  readonly name: string;
  readonly #config: DatabaseConfig;
  readonly #dataSource: MainstayDataSource;

  constructor(config: DatabaseConfig, dataSource: MainstayDataSource) {
    super();
    this.name = dataSource.name;
    this.boot = config.boot;
    this.criticality = config.criticality;
    this.#config = config;
    this.#dataSource = dataSource;
  }

  protected steps(): readonly InitializationStep[] {
    const dataSource = this.#dataSource;
    const steps: InitializationStep[] = [
      { name: 'validate config', run: () => this.#validate() },
      { name: 'test connection', run: () => this.#testConnection() },
      { name: 'create connection', run: async () => void (await dataSource.initialize()) },
      { name: 'set options', run: (signal) => this.#onConnection(setSqliteOptions, signal) },
      {
        name: 'test operations',
        run: (signal) => this.#onConnection(testSqliteOperations, signal),
      },
      ...this.#schemaSteps(),
    ];
    return [...steps.slice(0, -1), this.#opening(steps.at(-1) as InitializationStep)];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    return probeSqlite(this.#dataSource, signal);
  }

  async close(): Promise<void> {
    await this.#dataSource.destroy();
  }

  #schemaSteps(): InitializationStep[] {
    const dataSource = this.#dataSource;
    const steps: InitializationStep[] = [];
    if (this.#config.migrationsRun && dataSource.migrations.length > 0) {
      steps.push({
        name: 'run migrations',
        timeoutMs: MIGRATIONS_TIMEOUT_MS,
        run: async (signal) => {
          const wait = { timeoutMs: MIGRATIONS_TIMEOUT_MS, signal };
          await dataSource.asInitialization(() => runMigrations(dataSource, wait));
        },
      });
    }
    if (this.#config.synchronize) {
      steps.push({
        name: 'synchronize schema',
        timeoutMs: MIGRATIONS_TIMEOUT_MS,
        run: () => dataSource.asInitialization(() => dataSource.synchronize()),
      });
    }
    return steps;
  }

  /** The step after which everybody is let in. */
  #opening(step: InitializationStep): InitializationStep {
    const run = async (signal: AbortSignal): Promise<void> => {
      await step.run(signal);
      signal.throwIfAborted();
      this.#dataSource.open();
    };
    return { ...step, run };
  }

  #validate(): void {
    if (parseSqliteUrl(this.#config.url) !== undefined) return;
    throw new DatabaseConfigurationError(this.name, 'the URL names no SQLite file.');
  }

  /** Opens the file apart and reads its header, so that a wrong file fails here and is not touched. */
  async #testConnection(): Promise<void> {
    const path = parseSqliteUrl(this.#config.url) as string;
    try {
      if (path !== MEMORY) await mkdir(dirname(path), { recursive: true });
      const connection = this.#dataSource.openConnection(path);
      try {
        connection.pragma('schema_version');
      } finally {
        connection.close();
      }
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  /** A directory that cannot be made is as little there as a file that cannot be opened. */
  #asUnavailable(error: unknown): unknown {
    const known = toDatabaseError(error, this.name, 'not-sent');
    if (known instanceof DatabaseError) return known;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) return error;
    return new DatabaseError(
      `${this.name}: the directory of the database cannot be made: ${message}`,
      {
        kind: 'cannot-open',
        classification: { kind: 'unavailable', type: code },
        outcome: 'not-sent',
        dataSource: this.name,
        driverCode: code,
        cause: error,
      },
    );
  }

  async #onConnection(
    work: (connection: SqliteConnection, dataSource: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const session = new SqliteSession(this.#dataSource.gate, true);
    try {
      await session.run((connection) => work(connection, this.name), { signal });
    } catch (error) {
      throw toDatabaseError(error, this.name, 'rolled-back');
    }
  }
}
