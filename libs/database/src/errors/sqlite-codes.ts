import type { CodeMeaning } from './code-meaning.js';

const CONFLICT = { kind: 'permanent', reason: 'conflict' } as const;
const VALIDATION = { kind: 'permanent', reason: 'validation' } as const;
/** Waiting does not help, somebody must act; the service goes on without the database. */
const BROKEN = { kind: 'unavailable', retryable: false } as const;
const PASSING = { kind: 'transient' } as const;

/** Result codes, extended ones first where they mean more than their primary code (sqlite.org/rescode.html). */
const MEANINGS: Readonly<Record<string, CodeMeaning>> = {
  SQLITE_CONSTRAINT_UNIQUE: { kind: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_PRIMARYKEY: { kind: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_ROWID: { kind: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_FOREIGNKEY: { kind: 'foreign-key', classification: CONFLICT },
  SQLITE_CONSTRAINT_NOTNULL: { kind: 'not-null', classification: VALIDATION },
  SQLITE_CONSTRAINT_CHECK: { kind: 'check', classification: VALIDATION },
  SQLITE_CONSTRAINT: { kind: 'constraint', classification: VALIDATION },
  SQLITE_BUSY: { kind: 'busy', classification: { ...PASSING, notSent: true } },
  SQLITE_LOCKED: { kind: 'busy', classification: { ...PASSING, notSent: true } },
  SQLITE_PROTOCOL: { kind: 'busy', classification: PASSING },
  SQLITE_SCHEMA: { kind: 'busy', classification: PASSING },
  SQLITE_NOMEM: { kind: 'out-of-memory', classification: PASSING },
  SQLITE_READONLY: { kind: 'read-only', classification: BROKEN },
  SQLITE_FULL: { kind: 'disk-full', classification: BROKEN },
  SQLITE_IOERR: { kind: 'io', classification: BROKEN },
  SQLITE_CORRUPT: { kind: 'corrupt', classification: BROKEN },
  SQLITE_CANTOPEN: { kind: 'cannot-open', classification: { kind: 'unavailable' } },
  SQLITE_PERM: { kind: 'permission', classification: BROKEN },
  SQLITE_AUTH: { kind: 'permission', classification: { kind: 'permanent', reason: 'auth' } },
  SQLITE_NOTADB: {
    kind: 'not-a-database',
    classification: { kind: 'permanent', reason: 'configuration' },
  },
  SQLITE_TOOBIG: { kind: 'too-big', classification: VALIDATION },
  SQLITE_MISMATCH: { kind: 'invalid-statement', classification: VALIDATION },
  SQLITE_RANGE: { kind: 'invalid-statement', classification: VALIDATION },
  SQLITE_ERROR: { kind: 'invalid-statement', classification: VALIDATION },
};

/** A write in a transaction that the caller asked to be read-only. */
export const READ_ONLY_TRANSACTION: CodeMeaning = {
  kind: 'read-only-transaction',
  type: 'READ_ONLY_TRANSACTION',
  classification: VALIDATION,
};

/** What a result code means: the extended code's own meaning, else that of its primary code. */
export function meaningOf(code: string): CodeMeaning | undefined {
  if (Object.hasOwn(MEANINGS, code)) return MEANINGS[code];
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '';
  return Object.hasOwn(MEANINGS, primary) ? MEANINGS[primary] : undefined;
}
