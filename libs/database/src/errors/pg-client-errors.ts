import type { CodeMeaning } from './code-meaning.js';

/** An error of pg's own, which has no code. */
interface ClientError extends CodeMeaning {
  /** A short stable name for metrics. */
  readonly type: string;
}

const AWAY = { kind: 'unavailable' } as const;
const NOT_SENT = { ...AWAY, notSent: true } as const;
const LATE = { kind: 'timeout', notSent: true } as const;

/** The messages of pg 8 and pg-pool 3, complete: they have neither codes nor classes. */
const MEANINGS: Readonly<Record<string, ClientError>> = {
  'Connection terminated unexpectedly': {
    type: 'PG_TERMINATED',
    kind: 'connection-lost',
    classification: AWAY,
    outcome: 'unknown',
  },
  'Connection terminated': {
    type: 'PG_TERMINATED',
    kind: 'connection-lost',
    classification: AWAY,
    outcome: 'unknown',
  },
  'Client has encountered a connection error and is not queryable': {
    type: 'PG_NOT_QUERYABLE',
    kind: 'connection-lost',
    classification: NOT_SENT,
  },
  'Client was closed and is not queryable': {
    type: 'PG_NOT_QUERYABLE',
    kind: 'connection-lost',
    classification: NOT_SENT,
  },
  'Cannot use a pool after calling end on the pool': {
    type: 'PG_POOL_ENDED',
    kind: 'unavailable',
    classification: NOT_SENT,
  },
  'timeout exceeded when trying to connect': {
    type: 'PG_POOL_TIMEOUT',
    kind: 'pool-timeout',
    classification: { ...LATE, partial: true },
  },
  'Connection terminated due to connection timeout': {
    type: 'PG_CONNECT_TIMEOUT',
    kind: 'connection',
    classification: LATE,
  },
  'timeout expired': { type: 'PG_CONNECT_TIMEOUT', kind: 'connection', classification: LATE },
  'Query read timeout': {
    type: 'PG_QUERY_TIMEOUT',
    kind: 'statement-timeout',
    classification: { kind: 'timeout' },
    outcome: 'unknown',
  },
  'The server does not support SSL connections': {
    type: 'PG_NO_TLS',
    kind: 'configuration',
    classification: { kind: 'permanent', reason: 'configuration' },
  },
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': {
    type: 'PG_NO_PASSWORD',
    kind: 'auth',
    classification: { kind: 'permanent', reason: 'auth' },
  },
};

/** What an error of pg itself means; recognised by its class and its whole message. */
export function meaningOfClientError(error: Error): ClientError | undefined {
  const isPlain = Object.getPrototypeOf(error) === Error.prototype && !('code' in error);
  return isPlain && Object.hasOwn(MEANINGS, error.message) ? MEANINGS[error.message] : undefined;
}
