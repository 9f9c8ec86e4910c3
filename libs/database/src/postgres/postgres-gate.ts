import { redactError, type Clock } from 'nestjs-mainstay/common';
import { ErrorDetector, GuardedLogger, type Classification } from 'nestjs-mainstay/resilience';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import { DatabasePoolTimeoutError, DatabaseUnavailableError } from '../errors/connection.errors.js';
import { DatabaseError } from '../errors/database.error.js';
import { DatabaseConnectionError } from '../errors/lost.errors.js';
import { detectDatabaseError } from '../errors/to-database-error.js';
import type { PostgresClient } from './postgres-client.js';
import type { PooledPostgresClient, PostgresPool } from './postgres-pool.js';
import type { ConnectionSource } from './postgres-session.js';

/** What a {@link PostgresGate} is made of. */
export interface PostgresGateOptions {
  /** Name of the resource, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly acquireTimeoutMs: number;
}

/** How often draining looks whether all connections are back, in milliseconds. */
const DRAIN_INTERVAL_MS = 20;

/**
 * The only way to the connections of a PostgreSQL data source: nobody waits longer than its deadline, and nobody waits
 * at all while the database is away.
 */
export class PostgresGate {
  readonly #logger = new GuardedLogger('DatabaseModule');
  readonly #options: PostgresGateOptions;
  #pool: PostgresPool | undefined;
  #isOpen = false;

  constructor(options: PostgresGateOptions) {
    this.#options = options;
  }

  /** The pool in use; `undefined` until there is one. */
  get pool(): PostgresPool | undefined {
    return this.#pool;
  }

  /** Takes a pool into use; each connecting of TypeORM makes its own. */
  use(pool: PostgresPool): void {
    this.#pool = pool;
  }

  /** Lets callers in. */
  open(): void {
    this.#isOpen = true;
  }

  /** Refuses callers at once from now on, and sends away those that wait. */
  close(): void {
    this.#isOpen = false;
    this.#pool?.rejectWaiters(new DatabaseUnavailableError(this.#options.name));
  }

  /** Connections of the pool for a session. @param isPrivileged `true` for the initialisation, which comes before others */
  source(isPrivileged: boolean): ConnectionSource {
    return {
      acquire: (options) => this.#acquire(options, isPrivileged),
      release: (client) => (client as PooledPostgresClient).release(),
    };
  }

  /** Waits until all connections are back, at most for the given time. */
  async drain(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + timeoutMs;
    while ((this.#pool?.gauges.used ?? 0) > 0 && clock.now() < deadline) {
      await clock.sleep(DRAIN_INTERVAL_MS);
    }
  }

  /** Closes all connections at once, those that are being made included. */
  terminate(): void {
    this.#pool?.terminate(new Error('the data source was closed'));
    this.#pool = undefined;
  }

  /** Somebody gave a connection back that was not clean; it was closed. */
  reportDirty(problem: string): void {
    this.#logger.warn(
      `${this.#options.name}: a connection was given back and closed, because ${problem}`,
    );
  }

  /** A connection was lost that nobody used; the pool makes another when it is needed. */
  reportLost(error: unknown): void {
    const { message } = redactError(error);
    this.#logger.debug(`${this.#options.name}: an idle connection was lost: ${message}`);
  }

  async #acquire(options: AcquireOptions, isPrivileged: boolean): Promise<PostgresClient> {
    const pool = this.#isOpen || isPrivileged ? this.#pool : undefined;
    if (!pool) throw new DatabaseUnavailableError(this.#options.name);
    const { acquireTimeoutMs } = this.#options;
    const timeoutMs = Math.min(options.timeoutMs ?? acquireTimeoutMs, acquireTimeoutMs);
    const onTimeout = (): Error => this.#timeoutOf(pool, timeoutMs);
    try {
      return await pool.acquire({ timeoutMs, signal: options.signal, onTimeout });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw asConnectionError(this.#options.name, error, onTimeout);
    }
  }

  /** Who waits while no connection stands does not wait for others to give one back. */
  #timeoutOf(pool: PostgresPool, timeoutMs: number): Error {
    const { name } = this.#options;
    if (pool.isConnected) return new DatabasePoolTimeoutError(name, timeoutMs, pool.longestHeldMs);
    const cause = new Error('the server did not answer in time');
    return new DatabaseConnectionError(name, cause, { kind: 'timeout', type: 'CONNECT_TIMEOUT' });
  }
}

const detector = new ErrorDetector([detectDatabaseError]);

/** What connecting failed with, as our own error; pg's own time in the queue may end before ours. */
export function asConnectionError(
  dataSource: string,
  error: unknown,
  onQueueTimeout?: () => Error,
): unknown {
  if (error instanceof DatabaseError) return error;
  const classification: Classification = detector.detect(error);
  if (classification.type === 'PG_POOL_TIMEOUT' && onQueueTimeout) return onQueueTimeout();
  if (classification.kind === 'unknown') return error;
  return new DatabaseConnectionError(dataSource, error, classification);
}
