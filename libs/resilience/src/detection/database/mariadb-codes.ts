import type { CodeMeaning } from './code-meaning.js';

interface MariadbCode {
  /** MariaDB's name: `mysql2` knows none, or the one that the number has in MySQL. */
  readonly code: string;
  readonly sqlState: string;
  readonly meaning: CodeMeaning;
}

/**
 * Numbers that MariaDB alone uses, or uses otherwise than MySQL (MariaDB's "Error Codes", from 1900 and from 4000): told
 * apart by their SQLSTATE.
 */
const CODES: ReadonlyMap<number, MariadbCode> = new Map([
  [
    1927,
    {
      code: 'ER_CONNECTION_KILLED',
      sqlState: '70100',
      meaning: {
        condition: 'connection-lost',
        classification: { kind: 'unavailable' },
        outcome: 'unknown',
      },
    },
  ],
  [
    1969,
    {
      code: 'ER_STATEMENT_TIMEOUT',
      sqlState: '70100',
      meaning: { condition: 'statement-timeout', classification: { kind: 'timeout' } },
    },
  ],
  [
    4025,
    {
      code: 'ER_CONSTRAINT_FAILED',
      sqlState: '23000',
      meaning: {
        condition: 'check',
        classification: { kind: 'permanent', reason: 'validation' },
      },
    },
  ],
]);

/** What an error number means that only MariaDB uses so. */
export function meaningOfMariadb(errno: number, sqlState: string): MariadbCode | undefined {
  const found = CODES.get(errno);
  return found?.sqlState === sqlState ? found : undefined;
}
