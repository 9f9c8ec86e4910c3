import { QueryResult } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { GuardedBroadcaster } from '../data-source/guarded-broadcaster.js';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import { manageRunner, type RunnerParts } from '../engine/managed-query-runner.js';
import { scopeRunner } from '../engine/scoped-query-runner.js';
import { TransactionAbortedError } from '../errors/transaction.errors.js';
import type { BeginOptions } from '../transactions/transaction-runner.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import type { SqliteConnection, SqliteResult } from './sqlite-connection.js';
import type { SqliteSession } from './sqlite-session.js';

/** What a {@link SqliteQueryRunner} is made of. */
export type SqliteRunnerParts = RunnerParts<SqliteSession>;

/**
 * TypeORM's query runner over the one connection of a SQLite database. Each has its own session: it waits its turn for a
 * statement or a whole transaction, so that a rollback takes back only its own work.
 */
export class SqliteQueryRunner extends manageRunner(BetterSqlite3QueryRunner) {
  override readonly parts: SqliteRunnerParts;
  #beginsReadOnly = false;
  #isCommitted = false;

  constructor(driver: BetterSqlite3Driver, parts: SqliteRunnerParts) {
    super(driver);
    this.parts = parts;
    this.broadcaster = new GuardedBroadcaster(this, parts.host.name);
  }

  /** In one turn of the event loop with the answer. */
  override get isCommitSent(): boolean {
    return this.#isCommitted;
  }

  /** The connection, for what TypeORM reads of the schema beside `query`. @throws DatabaseUnavailableError */
  override async connect(): Promise<SqliteConnection> {
    return this.parts.session.connection();
  }

  override async perform(
    sql: string,
    parameters: unknown[],
    options?: AcquireOptions,
  ): Promise<QueryResult> {
    const { session } = this.parts;
    return toQueryResult(
      await session.run((connection) => this.#perform(connection, sql, parameters), options),
    );
  }

  override async begin(options: BeginOptions): Promise<void> {
    this.#beginsReadOnly = options.readOnly;
    await super.begin(options);
  }

  override async beforeMigration(): Promise<void> {
    await this.parts.session.run((connection) => connection.pragma('foreign_keys = OFF'));
  }

  override async afterMigration(): Promise<void> {
    await this.parts.session.run((connection) => connection.pragma('foreign_keys = ON'));
  }

  /** Begins the exclusive transaction of migrations. */
  async beginMigrations(options: AcquireOptions): Promise<void> {
    await this.parts.session.run((connection) => connection.beginMigrations(), options);
    this.isTransactionActive = true;
    this.transactionDepth = 1;
  }

  /** Commits, or rolls back, what the migrations did. */
  async endMigrations(isDone: boolean): Promise<void> {
    await this.parts.session.run((connection) => connection.endMigrations(isDone));
    this.isTransactionActive = false;
    this.transactionDepth = 0;
  }

  #perform(
    connection: SqliteConnection,
    sql: string,
    parameters: readonly unknown[],
  ): SqliteResult {
    const isLost = this.transactionDepth > 0 && !connection.inTransaction;
    if (isLost && /^\s*ROLLBACK\s*$/i.test(sql)) return NOTHING;
    // SQLite ends a transaction itself after some errors; what comes later must not be committed on its own.
    if (isLost) throw new TransactionAbortedError(this.parts.host.name, undefined);
    if (this.#beginsReadOnly && /^BEGIN\b/i.test(sql)) {
      connection.beginReadOnly();
      return NOTHING;
    }
    const result = connection.execute(sql, parameters);
    if (this.isTransactionActive) this.#isCommitted = COMMIT.test(sql);
    return result;
  }
}

/** A {@link SqliteQueryRunner} inside a managed transaction. */
export class ScopedSqliteQueryRunner extends scopeRunner(SqliteQueryRunner) {
  override readonly scope: TransactionScope;

  constructor(driver: BetterSqlite3Driver, parts: SqliteRunnerParts, scope: TransactionScope) {
    super(driver, parts);
    this.scope = scope;
  }
}

const COMMIT = /^\s*(?:COMMIT|END)\b/i;

const NOTHING: SqliteResult = { rows: undefined, changes: 0, lastInsertRowid: 0 };

function toQueryResult({ rows, changes, lastInsertRowid }: SqliteResult): QueryResult {
  const result = new QueryResult();
  if (rows) {
    result.raw = rows;
    result.records = rows;
  } else {
    result.affected = changes;
    result.raw = lastInsertRowid;
  }
  return result;
}
