import type { ClientConfig } from 'pg';
import type { DatabaseConfig } from '../database.config.js';

/** How soon TCP looks whether a silent peer still lives, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;
/** How long a connection stays open that nobody uses, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000;

/** What is asked of the server for every session; it is checked that it took effect. */
export type SessionSettings = Pick<
  ClientConfig,
  'statement_timeout' | 'idle_in_transaction_session_timeout'
>;

/** How every connection is made. */
export function clientConfig(config: DatabaseConfig, statementTimeoutMs: number): ClientConfig {
  return {
    connectionString: config.url,
    connectionTimeoutMillis: config.connectTimeout,
    ...sessionSettings(config, statementTimeoutMs),
    fallback_application_name: 'nestjs-mainstay',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
}

/** What TypeORM hands to the pool. */
export function poolConfig(config: DatabaseConfig): Record<string, unknown> {
  const { connectionString: _url, ...rest } = clientConfig(config, config.statementTimeout);
  return {
    ...rest,
    // When pg forgets a caller in the queue, and ends a connection that is being made. Callers leave at their own
    // deadline; a connection that comes later is kept for the next.
    connectionTimeoutMillis: Math.max(config.acquireTimeout, config.connectTimeout),
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  };
}

/** The server's own deadlines: they hold when this process is gone or does not listen. */
export function sessionSettings(
  config: DatabaseConfig,
  statementTimeoutMs: number,
): SessionSettings {
  return {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: config.transactionTimeout,
  };
}
