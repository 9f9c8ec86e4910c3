import type { Classification } from '../../classification.js';
import { findingOf, type DatabaseFinding } from './code-meaning.js';
import { meaningOfClientError } from './pg-client-errors.js';
import { meaningOfSqlState } from './sql-states.js';

/** Errors of a PostgreSQL server, by SQLSTATE, and those of its driver `pg`, by class and whole message. */
export function detectPostgresError(error: unknown): Classification | undefined {
  return findPostgresError(error)?.classification;
}

/** What {@link detectPostgresError} knows, in the words of databases. */
export function findPostgresError(error: unknown): DatabaseFinding | undefined {
  if (!(error instanceof Error)) return undefined;
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) {
    return findingOf(meaningOfSqlState(sqlState), sqlState, { code: sqlState, sqlState });
  }
  const known = meaningOfClientError(error);
  if (!known) return undefined;
  const { type, ...meaning } = known;
  return findingOf(meaning, type);
}

/** The SQLSTATE of an error that a PostgreSQL server sent; they carry a severity, which nothing else does. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  const isOfServer = typeof severity === 'string' && typeof code === 'string';
  return isOfServer && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether a PostgreSQL server ended the session with this error. */
export function endsSession(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return sqlStateOf(error) !== undefined && (severity === 'FATAL' || severity === 'PANIC');
}
