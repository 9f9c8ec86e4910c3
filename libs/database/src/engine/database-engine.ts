import type { ProbeResult } from 'nestjs-mainstay/resource';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import type { DataSourceEnvironment } from './data-source-environment.js';
import type { EngineQueryRunner, ScopedQueryRunner } from './engine-query-runner.js';
import type { RunnerHost } from './managed-query-runner.js';

/** How a query runner is made, see {@link DatabaseEngine.createRunner}. */
export interface RunnerOptions {
  /** `false` for what is part of an operation that is recorded as a whole. */
  readonly recorded: boolean;
  /** `true` for the initialisation, which works before others are let in. */
  readonly privileged: boolean;
}

/** What the engine of a data source works for. */
export type EngineHost = DataSource & RunnerHost;

/**
 * What is different from one database to another: how connections are made, taken, tested and closed. Everything else —
 * transactions, operations, errors, the lifecycle — is the same for all.
 */
export interface DatabaseEngine {
  /** Time for a step of the initialisation, in milliseconds; `undefined` for the usual one. */
  readonly stepTimeoutMs: number | undefined;
  /** How long a statement of a transaction waits for those before it, in milliseconds. */
  readonly turnTimeoutMs: number;
  /** Whether work beside a transaction finds a connection while the transaction runs. */
  readonly hasManyConnections: boolean;

  /** A query runner with a session of its own. */
  createRunner(options: RunnerOptions): EngineQueryRunner;
  /** A query runner inside a managed transaction. */
  createScopedRunner(scope: TransactionScope): ScopedQueryRunner;

  /** Looks apart from all others whether the database is there and takes the login. */
  testConnection(signal: AbortSignal): Promise<void>;
  /** Sets what connections work with and checks that it took effect. */
  setOptions(signal: AbortSignal): Promise<void>;
  /** Writes, reads back and deletes a sentinel. */
  testOperations(signal: AbortSignal): Promise<void>;
  /** Runs pending migrations; of several processes that start together one runs them, the others wait. */
  runMigrations(options: MigrationWait): Promise<void>;
  /** Real round trips for each capability. @throws what the first fails with */
  probe(signal: AbortSignal): Promise<ProbeResult>;

  /** Lets everybody in. */
  open(): void;
  /** Refuses newcomers, lets work in flight end for a moment, and ends what has not. Always ends. */
  close(): Promise<void>;
  /** Ends a connecting that is in progress. */
  cancelConnecting(): void;
}

/** How long migrations, those of another process included, may take. */
export interface MigrationWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An engine whose packages are loaded. */
export interface LoadedEngine {
  /** TypeORM's options of the engine. */
  readonly options: DataSourceOptions;
  /** Makes the engine of one data source. */
  create(host: EngineHost): DatabaseEngine;
}

/** What is known of an engine before it is loaded. */
export interface EngineDefinition {
  /** See `Resource.system`. */
  readonly system: string;
  /** What is wrong with a URL; `undefined` when nothing is. The text goes on from the variable's name. */
  findUrlProblem(url: string): string | undefined;
  /** @throws MissingPeerError when the engine's package is not installed */
  load(environment: DataSourceEnvironment): Promise<LoadedEngine>;
}
