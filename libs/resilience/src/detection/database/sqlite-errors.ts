import type { Classification } from '../../classification.js';
import { codeOf } from '../detection-rule.js';
import { findingOf, type DatabaseFinding } from './code-meaning.js';
import { meaningOfResultCode } from './sqlite-codes.js';

/** Errors of SQLite as `libsql` and `better-sqlite3` throw them, by result code (sqlite.org/rescode.html). */
export function detectSqliteError(error: unknown): Classification | undefined {
  return findSqliteError(error)?.classification;
}

/** What {@link detectSqliteError} knows, in the words of databases. */
export function findSqliteError(error: unknown): DatabaseFinding | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = isUnopened(error) ? 'SQLITE_CANTOPEN' : codeOf(error);
  if (code === undefined) return undefined;
  const meaning = meaningOfResultCode(code);
  return meaning && findingOf(meaning, code, { code });
}

/** SQLite's number of SQLITE_CANTOPEN is 14; `libsql` puts it into the text, and gives an empty code. */
function isUnopened(error: Error): boolean {
  const text = /^ConnectionFailed\("Unable to open connection to local database .*: 14"\)$/s;
  return codeOf(error) === '' && text.test(error.message);
}
