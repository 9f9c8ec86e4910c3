import { endsSession, findPostgresError, sqlStateOf } from 'nestjs-mainstay/resilience';
import type { QueryResult } from 'pg';
import { DatabaseError } from '../errors/database.error.js';
import { CommitOutcomeUnknownError } from '../errors/lost.errors.js';
import { UnexpectedRollbackError } from '../errors/transaction.errors.js';

/**
 * Reads the answer to a COMMIT: a server that had aborted the transaction answers ROLLBACK, as if that were a success.
 * @throws UnexpectedRollbackError
 */
export function checkCommitAnswer(result: QueryResult, dataSource: string, cause: unknown): void {
  if (result.command !== 'ROLLBACK') return;
  const classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'UNEXPECTED_ROLLBACK',
  } as const;
  throw new UnexpectedRollbackError(dataSource, cause, classification);
}

/** What a failed COMMIT means: only an error of the server that does not end the session proves the rollback. */
export function explainFailedCommit(error: unknown, dataSource: string): unknown {
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) {
    const isUnknown = endsSession(error) || findPostgresError(error)?.outcome === 'unknown';
    return isUnknown ? new CommitOutcomeUnknownError(dataSource, error) : error;
  }
  const isRollback = error instanceof DatabaseError && error.kind === 'unexpected-rollback';
  return isRollback ? error : new CommitOutcomeUnknownError(dataSource, error);
}
