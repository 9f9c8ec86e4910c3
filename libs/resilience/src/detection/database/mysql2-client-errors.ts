import type { CodeMeaning } from './code-meaning.js';

/** What an error of mysql2's own means. */
interface ClientError extends CodeMeaning {
  /** A short stable name for metrics; @default the code */
  readonly type?: string;
}

const LOST: ClientError = {
  condition: 'connection-lost',
  classification: { kind: 'unavailable' },
  outcome: 'unknown',
};
const NOT_SENT = { kind: 'unavailable', notSent: true } as const;
const AUTH: ClientError = {
  condition: 'auth',
  classification: { kind: 'permanent', reason: 'auth' },
};
const CONFIGURATION = { kind: 'permanent', reason: 'configuration' } as const;

/** Codes that mysql2 3 itself gives (its `lib/base/connection.js`, `lib/commands`, `lib/pool_cluster.js`). */
const BY_CODE: Readonly<Record<string, ClientError>> = {
  PROTOCOL_CONNECTION_LOST: LOST,
  PROTOCOL_ERROR: LOST,
  PROTOCOL_UNEXPECTED_PACKET: LOST,
  PROTOCOL_SEQUENCE_TIMEOUT: {
    condition: 'statement-timeout',
    classification: { kind: 'timeout' },
    outcome: 'unknown',
  },
  HANDSHAKE_NO_SSL_SUPPORT: { condition: 'configuration', classification: CONFIGURATION },
  HANDSHAKE_SSL_ERROR: {
    condition: 'connection',
    classification: { ...NOT_SENT, retryable: false },
  },
  HANDSHAKE_UNKNOWN_ERROR: { condition: 'connection', classification: NOT_SENT },
  AUTH_SWITCH_PLUGIN_ERROR: AUTH,
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: AUTH,
  POOL_NOEXIST: { condition: 'configuration', classification: CONFIGURATION },
  POOL_NONEONLINE: { condition: 'unavailable', classification: NOT_SENT },
};

/** The messages of mysql2 3 about the connection and its pool that have neither code nor class. */
const BY_MESSAGE: Readonly<Record<string, ClientError>> = {
  'Pool is closed.': {
    type: 'MYSQL_POOL_CLOSED',
    condition: 'unavailable',
    classification: NOT_SENT,
  },
  'No connections available.': {
    type: 'MYSQL_POOL_EXHAUSTED',
    condition: 'pool-timeout',
    classification: { kind: 'rejected', notSent: true },
  },
  'Queue limit reached.': {
    type: 'MYSQL_POOL_QUEUE_FULL',
    condition: 'pool-timeout',
    classification: { kind: 'rejected', notSent: true },
  },
  "Can't add new command when connection is in closed state": {
    type: 'MYSQL_CLOSED',
    condition: 'connection-lost',
    classification: NOT_SENT,
  },
};

/** What an error of mysql2 itself means; recognised by its code, or by its class and its whole message. */
export function meaningOfMysqlClientError(error: Error): ClientError | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') {
    return Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  }
  const isPlain = Object.getPrototypeOf(error) === Error.prototype && code === undefined;
  return isPlain && Object.hasOwn(BY_MESSAGE, error.message)
    ? BY_MESSAGE[error.message]
    : undefined;
}
