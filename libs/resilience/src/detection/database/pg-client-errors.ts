import type { CodeMeaning } from './code-meaning.js';

/** What an error of pg's own means, which has no code. */
interface ClientError extends CodeMeaning {
  /** A short stable name for metrics. */
  readonly type: string;
}

const AWAY = { kind: 'unavailable' } as const;
const NOT_SENT = { ...AWAY, notSent: true } as const;
const LATE = { kind: 'timeout', notSent: true } as const;

const NO_PASSWORD: ClientError = {
  type: 'PG_NO_PASSWORD',
  condition: 'auth',
  classification: { kind: 'permanent', reason: 'auth' },
};

/** The messages of pg 8 and pg-pool 3 about the connection, complete: they have neither codes nor classes. */
const MEANINGS: Readonly<Record<string, ClientError>> = {
  'Connection terminated unexpectedly': {
    type: 'PG_TERMINATED',
    condition: 'connection-lost',
    classification: AWAY,
    outcome: 'unknown',
  },
  'Connection terminated': {
    type: 'PG_TERMINATED',
    condition: 'connection-lost',
    classification: AWAY,
    outcome: 'unknown',
  },
  'Client has encountered a connection error and is not queryable': {
    type: 'PG_NOT_QUERYABLE',
    condition: 'connection-lost',
    classification: NOT_SENT,
  },
  'Client was closed and is not queryable': {
    type: 'PG_NOT_QUERYABLE',
    condition: 'connection-lost',
    classification: NOT_SENT,
  },
  'Cannot use a pool after calling end on the pool': {
    type: 'PG_POOL_ENDED',
    condition: 'unavailable',
    classification: NOT_SENT,
  },
  'timeout exceeded when trying to connect': {
    type: 'PG_POOL_TIMEOUT',
    condition: 'pool-timeout',
    classification: { ...LATE, partial: true },
  },
  'Connection terminated due to connection timeout': {
    type: 'PG_CONNECT_TIMEOUT',
    condition: 'connection',
    classification: LATE,
  },
  'timeout expired': { type: 'PG_CONNECT_TIMEOUT', condition: 'connection', classification: LATE },
  'Query read timeout': {
    type: 'PG_QUERY_TIMEOUT',
    condition: 'statement-timeout',
    classification: { kind: 'timeout' },
    outcome: 'unknown',
  },
  'The server does not support SSL connections': {
    type: 'PG_NO_TLS',
    condition: 'configuration',
    classification: { kind: 'permanent', reason: 'configuration' },
  },
  'There was an error establishing an SSL connection': {
    type: 'PG_TLS_FAILED',
    condition: 'connection',
    classification: { ...NOT_SENT, retryable: false },
  },
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': NO_PASSWORD,
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string': NO_PASSWORD,
};

/** What an error of pg itself means; recognised by its class and its whole message. */
export function meaningOfClientError(error: Error): ClientError | undefined {
  const isPlain = Object.getPrototypeOf(error) === Error.prototype && !('code' in error);
  return isPlain && Object.hasOwn(MEANINGS, error.message) ? MEANINGS[error.message] : undefined;
}
