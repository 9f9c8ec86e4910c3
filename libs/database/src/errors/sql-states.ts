import type { CodeMeaning } from './code-meaning.js';

const CONFLICT = { kind: 'permanent', reason: 'conflict' } as const;
const VALIDATION = { kind: 'permanent', reason: 'validation' } as const;
const CONFIGURATION = { kind: 'permanent', reason: 'configuration' } as const;
const AUTH = { kind: 'permanent', reason: 'auth' } as const;
/** Transactions stood in each other's way; the server itself serves, so that its breaker stays closed. */
const CONTENTION = { kind: 'transient', partial: true } as const;
/** Waiting does not help, somebody must act; what only reads still works. */
const BROKEN = { kind: 'unavailable', retryable: false, partial: true } as const;
const AWAY = { kind: 'unavailable' } as const;
const OVERLOADED = { kind: 'throttled' } as const;

/** Conditions that mean more, or other, than their class (postgresql.org/docs/current/errcodes-appendix.html). */
const CODES: Readonly<Record<string, CodeMeaning>> = {
  '08004': { kind: 'connection', classification: { ...AWAY, notSent: true } },
  '08P01': { kind: 'invalid-statement', classification: VALIDATION },
  '23502': { kind: 'not-null', classification: VALIDATION },
  '23503': { kind: 'foreign-key', classification: CONFLICT },
  '23505': { kind: 'unique', classification: CONFLICT },
  '23514': { kind: 'check', classification: VALIDATION },
  '23P01': { kind: 'constraint', classification: CONFLICT },
  '25006': { kind: 'read-only', classification: BROKEN },
  '25P02': { kind: 'transaction-aborted', classification: VALIDATION },
  '25P03': { kind: 'connection-lost', classification: { kind: 'timeout', partial: true } },
  '25P04': { kind: 'connection-lost', classification: { kind: 'timeout', partial: true } },
  '40001': { kind: 'serialization', classification: CONTENTION },
  '40003': { kind: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '40P01': { kind: 'deadlock', classification: CONTENTION },
  '42501': { kind: 'permission', classification: AUTH },
  '53100': { kind: 'disk-full', classification: BROKEN },
  '53200': { kind: 'out-of-memory', classification: { kind: 'transient' } },
  '53300': { kind: 'too-many-connections', classification: { ...OVERLOADED, notSent: true } },
  '55P03': { kind: 'busy', classification: CONTENTION },
  '57014': { kind: 'statement-timeout', classification: { kind: 'timeout' } },
  '57P01': { kind: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '57P02': { kind: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '57P03': { kind: 'connection', classification: { ...AWAY, notSent: true } },
  '57P05': { kind: 'connection-lost', classification: AWAY },
  XX001: { kind: 'corrupt', classification: BROKEN },
  XX002: { kind: 'corrupt', classification: BROKEN },
};

/** What a class means, the first two characters, where a code has no meaning of its own. */
const CLASSES: Readonly<Record<string, CodeMeaning>> = {
  '08': { kind: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '0A': { kind: 'invalid-statement', classification: VALIDATION },
  '22': { kind: 'data', classification: VALIDATION },
  '23': { kind: 'constraint', classification: VALIDATION },
  '25': { kind: 'invalid-statement', classification: VALIDATION },
  '28': { kind: 'auth', classification: AUTH },
  '3D': { kind: 'no-database', classification: CONFIGURATION },
  '3F': { kind: 'invalid-statement', classification: VALIDATION },
  '40': { kind: 'serialization', classification: CONTENTION },
  '42': { kind: 'invalid-statement', classification: VALIDATION },
  '53': { kind: 'out-of-memory', classification: OVERLOADED },
  '54': { kind: 'too-big', classification: VALIDATION },
  '55': { kind: 'busy', classification: CONTENTION },
  '57': { kind: 'connection-lost', classification: AWAY },
  '58': { kind: 'io', classification: { kind: 'unavailable' } },
  P0: { kind: 'constraint', classification: VALIDATION },
};

/** A code of the server that is none of those above says nothing about who is to blame. */
const OTHER: CodeMeaning = { kind: 'server', classification: { kind: 'unknown' } };

/** What a SQLSTATE means: the condition's own meaning, else that of its class. */
export function meaningOfSqlState(sqlState: string): CodeMeaning {
  const sqlClass = sqlState.slice(0, 2);
  if (Object.hasOwn(CODES, sqlState)) return CODES[sqlState] as CodeMeaning;
  return Object.hasOwn(CLASSES, sqlClass) ? (CLASSES[sqlClass] as CodeMeaning) : OTHER;
}

/** The SQLSTATE of an error that a PostgreSQL server sent; they carry a severity, which nothing else does. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  const isOfServer = typeof severity === 'string' && typeof code === 'string';
  return isOfServer && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether the server ended the session with this error. */
export function endsSession(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return sqlStateOf(error) !== undefined && (severity === 'FATAL' || severity === 'PANIC');
}
