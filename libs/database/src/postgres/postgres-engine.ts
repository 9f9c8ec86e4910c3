import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { ProbeResult } from 'nestjs-mainstay/resource';
import type { DatabaseConfig } from '../database.config.js';
import type {
  DatabaseEngine,
  EngineHost,
  MigrationWait,
  RunnerOptions,
} from '../engine/database-engine.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import { withDedicatedConnection } from './dedicated-connection.js';
import { PooledQueryRunner, ScopedPooledQueryRunner } from './pooled-query-runner.js';
import type { PostgresClient, PostgresClientClass } from './postgres-client.js';
import type { PostgresGate } from './postgres-gate.js';
import { PostgresSession, type ConnectionSource } from './postgres-session.js';
import { clientConfig, sessionSettings } from './postgres-settings.js';
import { checkSession, identifyServer, testWriting } from './postgres-setup.js';
import { probePostgres } from './probe-postgres.js';
import { runPostgresMigrations } from './run-postgres-migrations.js';

/** How long closing lets work in flight end, in milliseconds. */
const DRAIN_MS = 1_000;

/** What a {@link PostgresEngine} works with. */
export interface PostgresEngineParts {
  readonly config: DatabaseConfig;
  readonly gate: PostgresGate;
  readonly Client: PostgresClientClass;
}

/** PostgreSQL behind a data source: a pool for the application, connections of their own for everything about it. */
export class PostgresEngine implements DatabaseEngine {
  readonly stepTimeoutMs: number;
  readonly turnTimeoutMs: number;
  readonly hasManyConnections = true;
  /** The way to the connections. */
  readonly gate: PostgresGate;
  readonly #host: EngineHost;
  readonly #config: DatabaseConfig;
  readonly #Client: PostgresClientClass;

  constructor(host: EngineHost, { config, gate, Client }: PostgresEngineParts) {
    this.stepTimeoutMs = config.connectTimeout;
    // What a transaction waits for are its own statements; they all end with it.
    this.turnTimeoutMs = config.transactionTimeout;
    this.gate = gate;
    this.#host = host;
    this.#config = config;
    this.#Client = Client;
  }

  createRunner({ recorded, privileged }: RunnerOptions): PooledQueryRunner {
    const session = this.#session(this.gate.source(privileged), this.#config.statementTimeout);
    return new PooledQueryRunner(this.#driver, { host: this.#host, session, recorded });
  }

  createScopedRunner(scope: TransactionScope): ScopedPooledQueryRunner {
    const { session } = (scope.facts.runner as PooledQueryRunner).parts;
    const parts = { host: this.#host, session, recorded: true };
    return new ScopedPooledQueryRunner(this.#driver, parts, scope);
  }

  /** TypeORM would ask for what it wants to know of the server without a deadline; it is known when it connects. */
  async testConnection(signal: AbortSignal): Promise<void> {
    const server = await this.#apart(signal, (client) => identifyServer(client));
    const driver = this.#driver;
    driver.version = server.version;
    driver.database = server.database;
    driver.searchSchema = server.schema;
  }

  setOptions(signal: AbortSignal): Promise<void> {
    const settings = sessionSettings(this.#config, this.#config.statementTimeout);
    return this.#apart(signal, (client) => checkSession(client, settings, this.#host.name));
  }

  testOperations(signal: AbortSignal): Promise<void> {
    return this.#apart(signal, (client) => testWriting(client, this.#host.name));
  }

  runMigrations({ timeoutMs, signal }: MigrationWait): Promise<void> {
    return this.#apart(
      signal,
      async (client) => {
        const session = this.#session(onlyConnection(client), timeoutMs);
        const parts = { host: this.#host, session, recorded: false };
        const runner = new PooledQueryRunner(this.#driver, parts);
        this.#host.createEntityManager(runner);
        await runPostgresMigrations(this.#host, runner);
      },
      timeoutMs,
    );
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    const { gate } = this;
    return this.#apart(signal, (client) => probePostgres(client, gate, this.#host.clock));
  }

  open(): void {
    this.gate.open();
  }

  async close(): Promise<void> {
    this.gate.close();
    await this.gate.drain(DRAIN_MS);
    this.gate.terminate();
  }

  cancelConnecting(): void {
    this.gate.terminate();
  }

  get #driver(): PostgresDriver {
    return this.#host.driver as PostgresDriver;
  }

  #session(source: ConnectionSource, statementTimeoutMs: number): PostgresSession {
    const { name, clock } = this.#host;
    return new PostgresSession({ name, clock, source, statementTimeoutMs });
  }

  #apart<T>(
    signal: AbortSignal,
    work: (client: PostgresClient) => Promise<T>,
    statementTimeoutMs = this.#config.statementTimeout,
  ): Promise<T> {
    const { name: dataSource } = this.#host;
    const config = clientConfig(this.#config, statementTimeoutMs);
    return withDedicatedConnection({ dataSource, Client: this.#Client, config }, signal, work);
  }
}

/** A connection that ends with the work that it was made for. */
function onlyConnection(client: PostgresClient): ConnectionSource {
  return { acquire: () => Promise.resolve(client), release: () => undefined };
}
