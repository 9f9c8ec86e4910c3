import type { Classification } from '../../classification.js';
import { codeOf } from '../detection-rule.js';
import { findingOf, type DatabaseFinding } from './code-meaning.js';
import { meaningOfMariadb } from './mariadb-codes.js';
import { meaningOfErrno } from './mysql-codes.js';
import { meaningOfMysqlClientError } from './mysql2-client-errors.js';
import { meaningOfSqlClass } from './standard-sql-classes.js';

/** Errors of a MySQL or MariaDB server, by number and SQLSTATE, and those of its driver `mysql2`. */
export function detectMysqlError(error: unknown): Classification | undefined {
  return findMysqlError(error)?.classification;
}

/** What {@link detectMysqlError} knows, in the words of databases. */
export function findMysqlError(error: unknown): DatabaseFinding | undefined {
  if (!(error instanceof Error)) return undefined;
  return ofServer(error) ?? ofClient(error);
}

/** What a server sent has a number and a SQLSTATE; errors of Node have a number, too, but no SQLSTATE. */
function ofServer(error: Error): DatabaseFinding | undefined {
  const { errno, sqlState } = error as { errno?: unknown; sqlState?: unknown };
  if (typeof errno !== 'number' || typeof sqlState !== 'string') return ofLastWords(error);
  const ofMariadb = meaningOfMariadb(errno, sqlState, error.message);
  const code = ofMariadb?.code ?? codeOf(error) ?? `MYSQL_${errno}`;
  const meaning = ofMariadb?.meaning ?? meaningOfErrno(errno) ?? meaningOfSqlClass(sqlState);
  return findingOf(meaning, code, { code, ...(sqlState !== '' && { sqlState }) });
}

/** What a server says unasked before it closes an idle connection, mysql2 gives with its number as the code. */
function ofLastWords(error: Error): DatabaseFinding | undefined {
  const { code, fatal } = error as { code?: unknown; fatal?: unknown };
  if (typeof code !== 'number' || fatal !== true) return undefined;
  const meaning = meaningOfErrno(code);
  return meaning && findingOf(meaning, `MYSQL_${code}`, { code: `MYSQL_${code}` });
}

function ofClient(error: Error): DatabaseFinding | undefined {
  const known = meaningOfMysqlClientError(error);
  if (!known) return undefined;
  const code = codeOf(error);
  const { type = code, ...meaning } = known;
  return findingOf(meaning, type ?? 'MYSQL', code === undefined ? {} : { code });
}
