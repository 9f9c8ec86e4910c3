import type { Classification, ErrorKind } from '../classification.js';
import { detectAbort } from './abort-errors.js';
import { detectMysqlError } from './database/mysql-errors.js';
import { detectPostgresError } from './database/postgres-errors.js';
import { detectSqliteError } from './database/sqlite-errors.js';
import type { DetectionRule } from './detection-rule.js';
import { detectHttpError } from './http/http-errors.js';
import { detectUndiciError } from './http/undici-errors.js';
import { detectFilesystemError } from './node/filesystem-errors.js';
import { detectSocketError } from './node/socket-errors.js';
import { detectTlsError } from './node/tls-errors.js';
import { detectRedisError } from './redis/redis-errors.js';
import { detectS3Error } from './s3/s3-errors.js';

/** One table each; none takes what belongs to another. */
const TABLES: readonly DetectionRule[] = [
  detectPostgresError,
  detectMysqlError,
  detectSqliteError,
  detectRedisError,
  detectS3Error,
  detectUndiciError,
  detectSocketError,
  detectTlsError,
  detectFilesystemError,
  detectHttpError,
  detectAbort,
];

const ORDER: readonly ErrorKind[] = [
  'cancelled',
  'rejected',
  'timeout',
  'throttled',
  'unavailable',
  'transient',
  'permanent',
  'unknown',
];

/**
 * Asks all tables. An error that two of them know, such as a lost connection that carries the status of an answer too,
 * is of the kind that comes first in the order of {@link ErrorKind}.
 */
export const detectBuiltIn: DetectionRule = (error) => {
  let first: Classification | undefined;
  for (const detect of TABLES) {
    const found = detect(error);
    if (found && (!first || ORDER.indexOf(found.kind) < ORDER.indexOf(first.kind))) first = found;
  }
  return first;
};
