import type { CodeMeaning } from './code-meaning.js';

interface MariadbCode {
  /** MariaDB's name: `mysql2` knows none, or the one that the number has in MySQL. */
  readonly code: string;
  readonly sqlState: string;
  /** How the message begins, where MySQL has the number with the same SQLSTATE. */
  readonly beginning?: string;
  readonly meaning: CodeMeaning;
}

/**
 * Numbers that MariaDB alone uses, or uses otherwise than MySQL (MariaDB's "Error Codes", from 1900 and from 4000): told
 * apart by their SQLSTATE.
 */
const CODES: ReadonlyMap<number, MariadbCode> = new Map<number, MariadbCode>([
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
  [
    4151,
    {
      code: 'ER_ACCOUNT_HAS_BEEN_LOCKED',
      sqlState: 'HY000',
      beginning: 'Access denied, ',
      meaning: { condition: 'auth', classification: { kind: 'permanent', reason: 'auth' } },
    },
  ],
]);

/** What an error number means that only MariaDB uses so. */
export function meaningOfMariadb(
  errno: number,
  sqlState: string,
  message: string,
): MariadbCode | undefined {
  const found = CODES.get(errno);
  const isIt = found?.sqlState === sqlState && message.startsWith(found.beginning ?? '');
  return isIt ? found : undefined;
}
