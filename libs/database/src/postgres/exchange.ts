import type { QueryResult } from 'pg';
import type { Clock } from 'nestjs-mainstay/common';
import { endsSession, sqlStateOf } from 'nestjs-mainstay/resilience';
import { hasSeveral, mayCommit } from '../engine/transaction-words.js';
import type { DatabaseOutcome } from '../errors/database.error.js';
import { DatabaseConnectionLostError, StatementTimeoutError } from '../errors/lost.errors.js';
import { sendCancelRequest } from './cancel-request.js';
import type { PostgresClient } from './postgres-client.js';

/** How much later than the server this side ends a statement: by then the server's own answer would be here. */
const GRACE_MS = 500;

/** Statements that leave nothing behind in the database when their session ends after them, answered or not. */
const CHANGES_NOTHING = /^\s*(?:BEGIN|START\s+TRANSACTION|SET)\b/i;

/** What bounds an {@link exchange}. */
export interface ExchangeOptions {
  /** Name of the resource, for errors. */
  readonly dataSource: string;
  readonly clock: Clock;
  /** The statement timeout of the server; this side waits a little longer. */
  readonly timeoutMs: number;
  /** Cuts the statement off. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one statement and waits for its answer. What is not answered in time is cut off: a connection on which an answer
 * is still due is of no use to anybody.
 * @throws the server's error, or our own when there was no answer
 */
export function exchange(
  client: PostgresClient,
  sql: string,
  parameters: readonly unknown[],
  { dataSource, clock, timeoutMs, signal }: ExchangeOptions,
): Promise<QueryResult> {
  const isInTransaction = client.transactionStatus !== 'I';
  const outcome = outcomeUnanswered(isInTransaction, sql, parameters);
  return new Promise((resolve, reject) => {
    if (client.lost) {
      const beforehand = isInTransaction ? 'rolled-back' : 'not-sent';
      reject(new DatabaseConnectionLostError(dataSource, beforehand, client.lost));
      return;
    }
    const leave = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (error: Error, isServerSilent: boolean): void => {
      leave();
      cutOff(clock, client, error, isServerSilent);
      reject(error);
    };
    const onAbort = (): void => giveUp(signal?.reason as Error, false);
    const onSilence = (): void =>
      giveUp(new StatementTimeoutError(dataSource, timeoutMs, outcome), true);
    const timer = clock.schedule(onSilence, timeoutMs + GRACE_MS);
    if (signal?.aborted) {
      leave();
      reject(signal.reason as Error);
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      client.query(sql, [...parameters], (error: Error | null, result: QueryResult) => {
        leave();
        if (error) reject(explain(client, error, dataSource, outcome));
        else resolve(result);
      });
    } catch (error) {
      // pg sends nothing then, and the connection goes to others: the deadline must not meet them.
      leave();
      reject(error);
    }
  });
}

/** What became of a statement whose answer does not come: its connection is closed, and the transaction with it. */
function outcomeUnanswered(
  isInTransaction: boolean,
  sql: string,
  parameters: readonly unknown[],
): DatabaseOutcome {
  // The server takes several statements at once only without parameters.
  const isSeveral = parameters.length === 0 && hasSeveral(sql);
  const leavesNothing = isInTransaction
    ? !isSeveral || !mayCommit(sql)
    : !isSeveral && CHANGES_NOTHING.test(sql);
  return leavesNothing ? 'rolled-back' : 'unknown';
}

/** Closes a connection in the middle of a statement, and asks the server to end the statement as well. */
export function cutOff(
  clock: Clock,
  client: PostgresClient,
  reason: Error,
  isServerSilent = false,
): void {
  sendCancelRequest(clock, client);
  client.destroy(reason, isServerSilent);
}

function explain(
  client: PostgresClient,
  error: Error,
  dataSource: string,
  outcome: DatabaseOutcome,
): Error {
  // The session ends with this message; what follows would only say that it has.
  if (endsSession(error)) client.destroy(error, true);
  if (sqlStateOf(error) !== undefined || !client.lost) return error;
  return new DatabaseConnectionLostError(dataSource, outcome, client.lost);
}
