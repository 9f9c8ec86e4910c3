import { sqlStateOf } from 'nestjs-mainstay/resilience';
import type { QueryResult as PgResult } from 'pg';
import { QueryResult } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { GuardedBroadcaster } from '../data-source/guarded-broadcaster.js';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import { manageRunner, type RunnerParts } from '../engine/managed-query-runner.js';
import { scopeRunner } from '../engine/scoped-query-runner.js';
import { WriteInReadOnlyError } from '../errors/write-in-read-only.error.js';
import type { BeginOptions } from '../transactions/transaction-runner.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';
import type { PostgresClient } from './postgres-client.js';
import type { PostgresSession } from './postgres-session.js';

/** What a {@link PooledQueryRunner} is made of. */
export type PostgresRunnerParts = RunnerParts<PostgresSession>;

const READ_ONLY_SQL_TRANSACTION = '25006';

/**
 * TypeORM's query runner on a connection of the pool, which it takes with its first statement and keeps until it is
 * released.
 */
export class PooledQueryRunner extends manageRunner(PostgresQueryRunner) {
  override readonly parts: PostgresRunnerParts;
  protected isReadOnly = false;

  constructor(driver: PostgresDriver, parts: PostgresRunnerParts) {
    super(driver, 'master');
    this.parts = parts;
    this.broadcaster = new GuardedBroadcaster(this, parts.host.name);
  }

  /** The connection, for what TypeORM does beside `query`. @throws DatabaseUnavailableError, DatabasePoolTimeoutError */
  override connect(): Promise<PostgresClient> {
    return this.parts.session.connection();
  }

  override async perform(
    sql: string,
    parameters: unknown[],
    options?: AcquireOptions,
  ): Promise<QueryResult> {
    const text = this.isReadOnly && sql === 'START TRANSACTION' ? `${sql} READ ONLY` : sql;
    try {
      return toQueryResult(await this.parts.session.run(text, parameters, options));
    } catch (error) {
      const isRefusal = this.isReadOnly && sqlStateOf(error) === READ_ONLY_SQL_TRANSACTION;
      throw isRefusal ? new WriteInReadOnlyError(READ_ONLY_SQL_TRANSACTION, error) : error;
    }
  }

  override async begin(options: BeginOptions): Promise<void> {
    this.isReadOnly = options.readOnly;
    await super.begin(options);
  }
}

/** A {@link PooledQueryRunner} inside a managed transaction. */
export class ScopedPooledQueryRunner extends scopeRunner(PooledQueryRunner) {
  override readonly scope: TransactionScope;

  constructor(driver: PostgresDriver, parts: PostgresRunnerParts, scope: TransactionScope) {
    super(driver, parts);
    this.scope = scope;
    this.isReadOnly = scope.facts.isReadOnly;
  }
}

/** In the form that TypeORM gives: rows, and beside them how many were changed. */
function toQueryResult(answer: PgResult): QueryResult {
  const result = new QueryResult();
  // Several statements without parameters are answered by a list; TypeORM gives nothing for them.
  if (Array.isArray(answer)) return result;
  result.records = answer.rows;
  if (answer.rowCount !== null) result.affected = answer.rowCount;
  const isChange = answer.command === 'DELETE' || answer.command === 'UPDATE';
  result.raw = isChange ? [answer.rows, answer.rowCount] : answer.rows;
  return result;
}
