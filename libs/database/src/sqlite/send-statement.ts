import type { Clock } from 'nestjs-mainstay/common';
import { QueryFailedError, QueryResult } from 'typeorm';
import type { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { BroadcasterResult } from 'typeorm/subscriber/BroadcasterResult.js';
import { DatabaseError } from '../errors/database.error.js';
import type { SqliteResult } from './sqlite-connection.js';

/**
 * Sends one statement the way TypeORM's own runner does: logged, with the events of subscribers before and after, and
 * failing with a `QueryFailedError`. Our own errors pass as they are: they say that nothing was sent.
 */
export async function sendStatement(
  runner: BetterSqlite3QueryRunner,
  clock: Clock,
  sql: string,
  parameters: unknown[],
  send: () => Promise<SqliteResult>,
): Promise<QueryResult> {
  const { logger } = runner.dataSource;
  const { broadcaster } = runner;
  logger.logQuery(sql, parameters, runner);
  await broadcaster.broadcast('BeforeQuery', sql, parameters);
  try {
    const startedAt = clock.now();
    const result = toQueryResult(await send());
    const durationMs = clock.now() - startedAt;
    const slowMs = runner.driver.options.maxQueryExecutionTime;
    if (slowMs && durationMs > slowMs) logger.logQuerySlow(durationMs, sql, parameters, runner);
    broadcaster.broadcastAfterQueryEvent(
      NOBODY_WAITS,
      sql,
      parameters,
      true,
      durationMs,
      result.raw,
      undefined,
    );
    return result;
  } catch (error) {
    const failure = error as Error;
    logger.logQueryError(failure, sql, parameters, runner);
    broadcaster.broadcastAfterQueryEvent(
      NOBODY_WAITS,
      sql,
      parameters,
      false,
      undefined,
      undefined,
      failure,
    );
    throw isDriverError(failure) ? new QueryFailedError(sql, parameters, failure) : failure;
  }
}

/** The broadcaster of our runners leaves it empty: observers do not delay a statement. */
const NOBODY_WAITS = new BroadcasterResult();

/** What neither we nor an abort signal raised. */
function isDriverError(error: Error): boolean {
  return (
    !(error instanceof DatabaseError) &&
    error.name !== 'AbortError' &&
    error.name !== 'TimeoutError'
  );
}

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
