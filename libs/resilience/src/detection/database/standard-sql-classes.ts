import type { CodeMeaning } from './code-meaning.js';

const VALIDATION = { kind: 'permanent', reason: 'validation' } as const;

/** What the classes of SQLSTATEs mean that the SQL standard defines, the first two characters (ISO/IEC 9075-2, table 38). */
const CLASSES: Readonly<Record<string, CodeMeaning>> = {
  '08': {
    condition: 'connection-lost',
    classification: { kind: 'unavailable' },
    outcome: 'unknown',
  },
  '0A': { condition: 'invalid-statement', classification: VALIDATION },
  '21': { condition: 'invalid-statement', classification: VALIDATION },
  '22': { condition: 'data', classification: VALIDATION },
  '23': { condition: 'constraint', classification: VALIDATION },
  '25': { condition: 'invalid-statement', classification: VALIDATION },
  '28': { condition: 'auth', classification: { kind: 'permanent', reason: 'auth' } },
  '3D': {
    condition: 'no-database',
    classification: { kind: 'permanent', reason: 'configuration' },
  },
  '3F': { condition: 'invalid-statement', classification: VALIDATION },
  '40': { condition: 'serialization', classification: { kind: 'transient', partial: true } },
  '42': { condition: 'invalid-statement', classification: VALIDATION },
  '44': { condition: 'check', classification: VALIDATION },
};

/** A code of the server that no table knows says nothing about who is to blame. */
const OTHER: CodeMeaning = { condition: 'server', classification: { kind: 'unknown' } };

/** What a SQLSTATE means by its class, on every engine. */
export function meaningOfSqlClass(sqlState: string): CodeMeaning {
  const sqlClass = sqlState.slice(0, 2);
  return Object.hasOwn(CLASSES, sqlClass) ? (CLASSES[sqlClass] as CodeMeaning) : OTHER;
}
