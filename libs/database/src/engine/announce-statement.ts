import type { Clock } from 'nestjs-mainstay/common';
import { QueryFailedError, type QueryResult, type QueryRunner } from 'typeorm';
import { BroadcasterResult } from 'typeorm/subscriber/BroadcasterResult.js';
import type { Broadcaster } from 'typeorm/subscriber/Broadcaster.js';
import { DatabaseError } from '../errors/database.error.js';

/**
 * Sends one statement the way TypeORM's own runner does: logged, with the events of subscribers before and after, and
 * failing with a `QueryFailedError`. Our own errors pass as they are: they say what became of the statement.
 */
export async function announceStatement(
  runner: QueryRunner & { readonly broadcaster: Broadcaster },
  clock: Clock,
  sql: string,
  parameters: unknown[],
  send: () => Promise<QueryResult>,
): Promise<QueryResult> {
  const { broadcaster, dataSource } = runner;
  const { logger } = dataSource;
  logger.logQuery(sql, parameters, runner);
  await broadcaster.broadcast('BeforeQuery', sql, parameters);
  try {
    const startedAt = clock.now();
    const result = await send();
    const durationMs = clock.now() - startedAt;
    const slowMs = dataSource.options.maxQueryExecutionTime;
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
