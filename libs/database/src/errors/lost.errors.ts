import { formatDuration } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import { DatabaseError, type DatabaseOutcome } from './database.error.js';

/** No connection could be made; nothing was sent. The cause says why. */
export class DatabaseConnectionError extends DatabaseError {
  constructor(dataSource: string, cause: unknown, classification: Classification) {
    super(`${dataSource}: no connection could be made: ${messageOf(cause)}`, {
      kind: 'connection',
      classification: { ...classification, notSent: true },
      outcome: 'not-sent',
      dataSource,
      ...codeOf(cause),
      cause,
    });
  }
}

/** The connection was lost while the work was in progress. */
export class DatabaseConnectionLostError extends DatabaseError {
  /** @param outcome `rolled-back` inside a transaction, `not-sent` when it was lost before, otherwise `unknown` */
  constructor(dataSource: string, outcome: DatabaseOutcome, cause: unknown) {
    super(`${dataSource}: the connection was lost: ${messageOf(cause)}`, {
      kind: 'connection-lost',
      classification: {
        kind: 'unavailable',
        type: 'DATABASE_CONNECTION_LOST',
        ...(outcome === 'not-sent' && { notSent: true }),
      },
      outcome,
      dataSource,
      ...codeOf(cause),
      cause,
    });
  }
}

/** The server did not answer a statement in time; its connection was closed, the statement cancelled if it still ran. */
export class StatementTimeoutError extends DatabaseError {
  constructor(dataSource: string, timeoutMs: number, outcome: DatabaseOutcome) {
    super(
      `${dataSource}: the server did not answer a statement within ${formatDuration(timeoutMs)}`,
      {
        kind: 'statement-timeout',
        classification: { kind: 'timeout', type: 'DATABASE_STATEMENT_TIMEOUT' },
        outcome,
        dataSource,
        context: { timeoutMs },
      },
    );
  }
}

/**
 * The connection was lost, or fell silent, after COMMIT was sent: the transaction may be committed or not. Never do it
 * again without looking.
 */
export class CommitOutcomeUnknownError extends DatabaseError {
  constructor(dataSource: string, cause: unknown) {
    super(
      `${dataSource}: COMMIT was sent and its answer did not come (${messageOf(cause)}): the transaction may be committed or not. ` +
        'Look before you do it again.',
      {
        kind: 'commit-outcome-unknown',
        classification: {
          kind: 'unavailable',
          type: 'COMMIT_OUTCOME_UNKNOWN',
          retryable: false,
        },
        outcome: 'unknown',
        dataSource,
        cause,
      },
    );
  }
}

function codeOf(cause: unknown): { driverCode?: string; sqlState?: string } {
  const { code, severity } = cause as { code?: unknown; severity?: unknown };
  if (typeof code !== 'string') return {};
  return severity === undefined ? { driverCode: code } : { driverCode: code, sqlState: code };
}

/** Of a host with several addresses Node gives an `AggregateError` without a message. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errors } = error as { errors?: unknown };
  if (error.message !== '' || !Array.isArray(errors)) return error.message;
  return errors.map(messageOf).join('; ');
}
