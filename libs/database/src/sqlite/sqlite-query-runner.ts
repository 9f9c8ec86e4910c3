import {
  NamedPlaceholdersNotSupportedError,
  QueryRunnerAlreadyReleasedError,
  type QueryResult,
} from 'typeorm';
import { redactError, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { GuardedBroadcaster } from '../data-source/guarded-broadcaster.js';
import type { DatabaseOperations, StatementPlace } from '../database-operations.js';
import { TransactionAbortedError, TransactionLeftOpenError } from '../errors/transaction.errors.js';
import { AfterEnd } from '../transactions/after-end.js';
import type { ScopeEntry } from '../transactions/scope-entry.js';
import type { BeginOptions, TransactionRunner } from '../transactions/transaction-runner.js';
import type { SqliteConnection, SqliteResult } from './sqlite-connection.js';
import type { AcquireOptions } from './sqlite-gate.js';
import type { SqliteSession } from './sqlite-session.js';
import { sendStatement } from './send-statement.js';

/** What the runners of one data source share. */
export interface SqliteRunnerHost {
  /** Name of the resource, for errors. */
  readonly name: string;
  readonly driver: BetterSqlite3Driver;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly transactionTimeoutMs: number;
}

/** How one statement is sent. */
export interface StatementOptions extends AcquireOptions {
  /** What the scope took it on with, in a managed transaction. */
  readonly entry?: ScopeEntry | undefined;
}

/** `recorded: false` for what is part of an operation that is recorded as a whole. */
export interface SqliteRunnerOptions {
  readonly session: SqliteSession;
  readonly recorded: boolean;
}

/**
 * TypeORM's query runner over the one connection of a SQLite database. Each has its own session: it waits its turn for a
 * statement or a whole transaction, so that a rollback takes back only its own work.
 */
export class SqliteQueryRunner extends BetterSqlite3QueryRunner implements TransactionRunner {
  protected readonly host: SqliteRunnerHost;
  readonly session: SqliteSession;
  override broadcaster: GuardedBroadcaster;
  readonly #logger = new GuardedLogger('DatabaseModule');
  readonly #isRecorded: boolean;
  #beginsReadOnly = false;
  /** How the statements wait that TypeORM begins a transaction with. */
  #begin: AcquireOptions | undefined;
  #hasFailed = false;
  #isCommitted = false;

  constructor(host: SqliteRunnerHost, options: SqliteRunnerOptions) {
    super(host.driver);
    this.host = host;
    this.broadcaster = new GuardedBroadcaster(this, host.name);
    this.session = options.session;
    this.#isRecorded = options.recorded;
  }

  /** Where a statement that comes now stands. */
  get place(): StatementPlace {
    return this.session.inTransaction ? 'runner-transaction' : 'alone';
  }

  /** The connection, for what TypeORM reads of the schema beside `query`. @throws DatabaseUnavailableError */
  override async connect(): Promise<SqliteConnection> {
    return this.session.connection();
  }

  override async query(
    ...[sql, parameters, useStructuredResult]: Parameters<BetterSqlite3QueryRunner['query']>
  ): ReturnType<BetterSqlite3QueryRunner['query']> {
    this.throwIfReleased();
    const entry = this.enter();
    const options = entry ? { entry } : this.#begin;
    const run = (): Promise<QueryResult> => this.execute(sql, parameters, options);
    try {
      const { operations } = this.host;
      const result = await (this.#isRecorded ? operations.statement(sql, run, this.place) : run());
      return useStructuredResult ? result : result.raw;
    } finally {
      await entry?.leave();
    }
  }

  /**
   * Runs a statement without recording it.
   * @throws QueryFailedError, DatabaseUnavailableError, DatabasePoolTimeoutError
   */
  async execute(
    sql: string,
    parameters: unknown = [],
    options?: StatementOptions,
  ): Promise<QueryResult> {
    this.throwIfReleased();
    if (!Array.isArray(parameters)) throw new NamedPlaceholdersNotSupportedError();
    try {
      return await sendStatement(this, this.host.clock, sql, parameters, () =>
        this.session.run((connection) => this.#perform(connection, sql, parameters), options),
      );
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  async begin({ isolation, readOnly, signal }: BeginOptions): Promise<void> {
    this.#beginsReadOnly = readOnly;
    signal?.throwIfAborted();
    this.#begin = { signal };
    try {
      await this.startTransaction(isolation);
    } finally {
      this.#begin = undefined;
    }
  }

  async control(sql: string): Promise<void> {
    await this.execute(sql);
  }

  get isCommitSent(): boolean {
    // In one turn of the event loop with the answer.
    return this.#isCommitted;
  }

  get announced(): Promise<void> {
    return this.broadcaster.announced;
  }

  async commit(): Promise<void> {
    const { isTransactionActive: wasActive } = this;
    try {
      await super.commitTransaction();
    } catch (error) {
      if (!wasActive || !this.#isCommitted) throw error;
      this.isTransactionActive = false;
      this.transactionDepth = 0;
      this.#report('what followed a commit failed', error);
    }
  }

  abort(reason: () => Error): void {
    try {
      this.session.end(reason);
    } catch (error) {
      this.#report('a rollback failed', error);
    }
    this.isTransactionActive = false;
    this.transactionDepth = 0;
  }

  /** As TypeORM's, but what comes after the COMMIT neither makes it look failed nor keeps the caller for ever. */
  override async commitTransaction(): Promise<void> {
    await this.commit();
    await this.#awaitAnnounced();
  }

  override async rollbackTransaction(): Promise<void> {
    await super.rollbackTransaction();
    await this.#awaitAnnounced();
  }

  override async beforeMigration(): Promise<void> {
    await this.session.run((connection) => connection.pragma('foreign_keys = OFF'));
  }

  override async afterMigration(): Promise<void> {
    await this.session.run((connection) => connection.pragma('foreign_keys = ON'));
  }

  /** Begins the exclusive transaction of migrations. */
  async beginMigrations(options: AcquireOptions): Promise<void> {
    await this.session.run((connection) => connection.beginMigrations(), options);
    this.isTransactionActive = true;
    this.transactionDepth = 1;
  }

  /** Commits, or rolls back, what the migrations did. */
  async endMigrations(isDone: boolean): Promise<void> {
    await this.session.run((connection) => connection.endMigrations(isDone));
    this.isTransactionActive = false;
    this.transactionDepth = 0;
  }

  /** Gives the connection back; a transaction that was left open is rolled back. */
  override async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    if (this.session.end(() => new QueryRunnerAlreadyReleasedError())) {
      this.#logger.warn(
        `${this.host.name}: a query runner was released while its transaction was open; it was rolled back`,
      );
    }
    this.isTransactionActive = false;
    this.transactionDepth = 0;
    await super.release();
  }

  /** `await using`: what was not committed is rolled back; TypeORM's own would commit it, after an error as well. */
  override async [Symbol.asyncDispose](): Promise<void> {
    const isLeftOpen = this.isTransactionActive && !this.isReleased;
    await this.release();
    if (isLeftOpen && !this.#hasFailed) throw new TransactionLeftOpenError(this.host.name);
  }

  /** Takes a statement on, before anything that may take time. */
  protected enter(): ScopeEntry | undefined {
    return undefined;
  }

  protected throwIfReleased(): void {
    if (this.isReleased) throw new QueryRunnerAlreadyReleasedError();
  }

  async #awaitAnnounced(): Promise<void> {
    const time = new AfterEnd(this.host.clock, this.host.transactionTimeoutMs);
    await time.wait('What subscribers do after a transaction', this.announced);
  }

  #report(problem: string, failure: unknown): void {
    const { name, message, stack } = redactError(failure);
    this.#logger.error(`${this.host.name}: ${problem}: ${name}: ${message}`, stack);
  }

  #perform(
    connection: SqliteConnection,
    sql: string,
    parameters: readonly unknown[],
  ): SqliteResult {
    const isLost = this.transactionDepth > 0 && !connection.inTransaction;
    if (isLost && /^\s*ROLLBACK\s*$/i.test(sql)) return NOTHING;
    // SQLite ends a transaction itself after some errors; what comes later must not be committed on its own.
    if (isLost) throw new TransactionAbortedError(this.host.name, undefined);
    if (this.#beginsReadOnly && /^BEGIN\b/i.test(sql)) {
      connection.beginReadOnly();
      return NOTHING;
    }
    const result = connection.execute(sql, parameters);
    if (this.isTransactionActive) this.#isCommitted = COMMIT.test(sql);
    return result;
  }
}

const COMMIT = /^\s*(?:COMMIT|END)\b/i;

const NOTHING: SqliteResult = { rows: undefined, changes: 0, lastInsertRowid: 0 };
