import type { Classification } from '../../classification.js';
import type { Known } from '../code-table.js';

/** What an error of a database is about, in words that are the same for all engines. */
export type DatabaseCondition =
  | 'unavailable'
  | 'connection'
  | 'connection-lost'
  | 'pool-timeout'
  | 'too-many-connections'
  | 'statement-timeout'
  | 'busy'
  | 'serialization'
  | 'deadlock'
  | 'unique'
  | 'foreign-key'
  | 'not-null'
  | 'check'
  | 'constraint'
  | 'read-only'
  | 'read-only-transaction'
  | 'disk-full'
  | 'io'
  | 'corrupt'
  | 'not-a-database'
  | 'cannot-open'
  | 'too-big'
  | 'out-of-memory'
  | 'auth'
  | 'no-database'
  | 'permission'
  | 'invalid-statement'
  | 'data'
  | 'server'
  | 'transaction-aborted'
  | 'configuration';

/** What an error code of an engine means. */
export interface CodeMeaning {
  readonly condition: DatabaseCondition;
  readonly classification: Known;
  /** `'unknown'`: the work may have been done or not. Absent where the place of the failure says it. */
  readonly outcome?: 'unknown';
}

/** What is known of an error of a database engine or of its driver. */
export interface DatabaseFinding {
  readonly condition: DatabaseCondition;
  readonly classification: Classification;
  /** `'unknown'`: the work may have been done or not. */
  readonly outcome?: 'unknown';
  /** The code of the engine or its driver; `undefined` where they give none. */
  readonly code?: string;
  /** The SQLSTATE, on engines that have one. */
  readonly sqlState?: string;
}

/** The finding for a meaning. @param type the name for metrics and logs */
export function findingOf(
  meaning: CodeMeaning,
  type: string,
  codes: { readonly code?: string; readonly sqlState?: string } = {},
): DatabaseFinding {
  return { ...meaning, ...codes, classification: { ...meaning.classification, type } };
}
