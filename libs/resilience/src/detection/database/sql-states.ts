import type { CodeMeaning } from './code-meaning.js';
import { meaningOfSqlClass } from './standard-sql-classes.js';

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

/** Conditions that mean more, or other, than their class. */
const CODES: Readonly<Record<string, CodeMeaning>> = {
  '08004': { condition: 'connection', classification: { ...AWAY, notSent: true } },
  '08P01': { condition: 'invalid-statement', classification: VALIDATION },
  '23502': { condition: 'not-null', classification: VALIDATION },
  '23503': { condition: 'foreign-key', classification: CONFLICT },
  '23505': { condition: 'unique', classification: CONFLICT },
  '23514': { condition: 'check', classification: VALIDATION },
  '23P01': { condition: 'constraint', classification: CONFLICT },
  '25006': { condition: 'read-only', classification: BROKEN },
  '25P02': { condition: 'transaction-aborted', classification: VALIDATION },
  '25P03': { condition: 'connection-lost', classification: { kind: 'timeout', partial: true } },
  '25P04': { condition: 'connection-lost', classification: { kind: 'timeout', partial: true } },
  '40001': { condition: 'serialization', classification: CONTENTION },
  '40003': { condition: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '40P01': { condition: 'deadlock', classification: CONTENTION },
  '42501': { condition: 'permission', classification: AUTH },
  '53100': { condition: 'disk-full', classification: BROKEN },
  '53200': { condition: 'out-of-memory', classification: { kind: 'transient' } },
  '53300': { condition: 'too-many-connections', classification: { ...OVERLOADED, notSent: true } },
  '53400': { condition: 'too-big', classification: CONFIGURATION },
  '55006': { condition: 'busy', classification: CONTENTION },
  '55P03': { condition: 'busy', classification: CONTENTION },
  '57014': { condition: 'statement-timeout', classification: { kind: 'timeout' } },
  '57P01': { condition: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '57P02': { condition: 'connection-lost', classification: AWAY, outcome: 'unknown' },
  '57P03': { condition: 'connection', classification: { ...AWAY, notSent: true } },
  '57P04': { condition: 'no-database', classification: CONFIGURATION },
  '57P05': { condition: 'connection-lost', classification: AWAY },
  XX001: { condition: 'corrupt', classification: BROKEN },
  XX002: { condition: 'corrupt', classification: BROKEN },
};

/** What the classes mean that only PostgreSQL has, where a code has no meaning of its own. */
const CLASSES: Readonly<Record<string, CodeMeaning>> = {
  '53': { condition: 'out-of-memory', classification: OVERLOADED },
  '54': { condition: 'too-big', classification: VALIDATION },
  '55': { condition: 'invalid-statement', classification: VALIDATION },
  '57': { condition: 'connection-lost', classification: AWAY },
  '58': { condition: 'io', classification: AWAY },
  '72': { condition: 'serialization', classification: CONTENTION },
  P0: { condition: 'constraint', classification: VALIDATION },
};

/**
 * What a SQLSTATE of PostgreSQL means: the condition's own meaning, else that of its class (its manual, appendix
 * "PostgreSQL Error Codes").
 */
export function meaningOfSqlState(sqlState: string): CodeMeaning {
  const sqlClass = sqlState.slice(0, 2);
  if (Object.hasOwn(CODES, sqlState)) return CODES[sqlState] as CodeMeaning;
  if (Object.hasOwn(CLASSES, sqlClass)) return CLASSES[sqlClass] as CodeMeaning;
  return meaningOfSqlClass(sqlState);
}
