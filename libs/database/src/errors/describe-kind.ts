import type { DatabaseErrorKind } from './database.error.js';

const TEXTS: Partial<Record<DatabaseErrorKind, string>> = {
  unique: 'such a row exists already',
  'foreign-key': 'a row refers to another that does not exist',
  busy: 'another transaction or process holds what it needs',
  serialization: 'it came into conflict with another transaction; do the whole transaction again',
  deadlock: 'it came into conflict with another transaction; do the whole transaction again',
  'statement-timeout': 'the statement took too long',
  'connection-lost': 'the connection was lost',
  auth: 'the server refuses the login; check the user and the password in the URL',
  'no-database': 'the server has no such database; check its name in the URL',
  'too-many-connections':
    'the server has no connection left; lower the option poolSize or raise its max_connections',
  'read-only': 'the database cannot be written',
  'read-only-transaction':
    'the transaction is readOnly; write outside of it, or begin it without that option',
  'disk-full': 'the disk is full',
  corrupt: 'the database is damaged; restore it from a backup',
  'not-a-database': 'the file is no SQLite database; check the path in the URL',
  'cannot-open':
    'the database file cannot be opened; check that its directory exists and is writable',
  'invalid-statement': 'the statement is not valid',
  data: 'a value does not fit',
};

/** What a kind of error means, for its message. */
export function describeKind(kind: DatabaseErrorKind): string {
  return TEXTS[kind] ?? `failed (${kind})`;
}
