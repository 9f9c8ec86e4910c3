import type { CodeMeaning } from './code-meaning.js';

const CONFLICT = { kind: 'permanent', reason: 'conflict' } as const;
const VALIDATION = { kind: 'permanent', reason: 'validation' } as const;
/** Waiting does not help, somebody must act; the service goes on without the database. */
const BROKEN = { kind: 'unavailable', retryable: false } as const;
/** The same, but what only reads still works. */
const REFUSES_WRITES = { ...BROKEN, partial: true } as const;
const PASSING = { kind: 'transient' } as const;

/** Result codes, extended ones first where they mean more than their primary code (sqlite.org/rescode.html). */
const MEANINGS: Readonly<Record<string, CodeMeaning>> = {
  SQLITE_CONSTRAINT_UNIQUE: { condition: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_PRIMARYKEY: { condition: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_ROWID: { condition: 'unique', classification: CONFLICT },
  SQLITE_CONSTRAINT_FOREIGNKEY: { condition: 'foreign-key', classification: CONFLICT },
  SQLITE_CONSTRAINT_NOTNULL: { condition: 'not-null', classification: VALIDATION },
  SQLITE_CONSTRAINT_CHECK: { condition: 'check', classification: VALIDATION },
  SQLITE_CONSTRAINT: { condition: 'constraint', classification: VALIDATION },
  SQLITE_BUSY: { condition: 'busy', classification: { ...PASSING, notSent: true } },
  SQLITE_LOCKED: { condition: 'busy', classification: { ...PASSING, notSent: true } },
  SQLITE_PROTOCOL: { condition: 'busy', classification: PASSING },
  SQLITE_SCHEMA: { condition: 'busy', classification: PASSING },
  SQLITE_NOMEM: { condition: 'out-of-memory', classification: PASSING },
  SQLITE_READONLY: { condition: 'read-only', classification: REFUSES_WRITES },
  SQLITE_FULL: { condition: 'disk-full', classification: REFUSES_WRITES },
  SQLITE_IOERR: { condition: 'io', classification: BROKEN },
  SQLITE_CORRUPT: { condition: 'corrupt', classification: BROKEN },
  SQLITE_CANTOPEN: { condition: 'cannot-open', classification: { kind: 'unavailable' } },
  SQLITE_PERM: { condition: 'permission', classification: BROKEN },
  SQLITE_AUTH: { condition: 'permission', classification: { kind: 'permanent', reason: 'auth' } },
  SQLITE_NOTADB: {
    condition: 'not-a-database',
    classification: { kind: 'permanent', reason: 'configuration' },
  },
  SQLITE_TOOBIG: { condition: 'too-big', classification: VALIDATION },
  SQLITE_MISMATCH: { condition: 'invalid-statement', classification: VALIDATION },
  SQLITE_RANGE: { condition: 'invalid-statement', classification: VALIDATION },
  SQLITE_ERROR: { condition: 'invalid-statement', classification: VALIDATION },
};

/** What a result code of SQLite means: the extended code's own meaning, else that of its primary code. */
export function meaningOfResultCode(code: string): CodeMeaning | undefined {
  if (Object.hasOwn(MEANINGS, code)) return MEANINGS[code];
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? '';
  return Object.hasOwn(MEANINGS, primary) ? MEANINGS[primary] : undefined;
}
