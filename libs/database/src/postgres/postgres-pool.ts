import type { ClientConfig, Pool, PoolClient, PoolConfig } from 'pg';
import { withDeadline, type Clock } from 'nestjs-mainstay/common';
import { cutOff } from './exchange.js';
import type { Pg, PostgresClient, PostgresClientClass } from './postgres-client.js';

/** A connection that was taken from a {@link PostgresPool}. */
export type PooledPostgresClient = PostgresClient & PoolClient;

/** How busy a pool is. */
export interface PoolGauges {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number;
  /** Connections that were not clean when they were given back, and were closed therefore. */
  readonly dirtyReturns: number;
  /** How long the last connection took to be made, in milliseconds. */
  readonly connectMs: number;
}

/** How long a caller waits for a connection, see {@link PostgresPool.acquire}. */
export interface PoolWait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onTimeout: () => Error;
}

/** pg's pool, with what Mainstay adds. */
export interface PostgresPool extends Pool {
  readonly gauges: PoolGauges;
  /** How long the connection that is out longest has been so, in milliseconds. */
  readonly longestHeldMs: number;
  /** Whether some connection to the server stands. */
  readonly isConnected: boolean;
  /** Takes a connection. One that comes after the deadline is given back. */
  acquire(wait: PoolWait): Promise<PooledPostgresClient>;
  /** Sends away who waits for a connection. */
  rejectWaiters(reason: Error): void;
  /** Closes connections that nobody uses: what broke one of them has probably broken them all. */
  dropIdle(reason: Error): void;
  /** Closes all connections at once, those in use and those being made included. */
  terminate(reason: Error): void;
}

/** What a pool works with, beside pg's options. */
export interface PoolSettings {
  readonly clock: Clock;
  readonly Client: PostgresClientClass;
  /** Time for one connection to be made. */
  readonly connectTimeoutMs: number;
  /** Told of each pool that TypeORM makes. */
  readonly onCreated: (pool: PostgresPool) => void;
  /** Told why a connection that was given back was not clean. */
  readonly onDirty: (problem: string) => void;
}

type Callback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (reason?: unknown) => void,
) => void;

/**
 * Derives the pool from pg's, for TypeORM's `driver` option. Whoever gives a connection back that is busy or in a
 * transaction gives nothing back: it is closed, so that the next user never finds the leavings of the last one.
 */
export function derivePostgresPool(pg: Pg, settings: PoolSettings): typeof Pool {
  const { clock } = settings;
  return class extends pg.Pool implements PostgresPool {
    /** All connections, with the time when each was begun. */
    readonly #clients: ReadonlyMap<PostgresClient, number>;
    readonly #connected = new Set<PoolClient>();
    readonly #heldSince = new Map<PoolClient, number>();
    readonly #waiters = new Set<(reason: Error) => void>();
    #dirtyReturns = 0;
    #connectMs = 0;

    constructor(config: PoolConfig) {
      const clients = new Map<PostgresClient, number>();
      super({ ...config, Client: track(settings, clients) as never });
      this.#clients = clients;
      this.on('connect', (client) => {
        this.#connected.add(client);
        client.once('end', () => this.#connected.delete(client));
        this.#connectMs = clock.now() - (clients.get(client as PooledPostgresClient) ?? 0);
      });
      settings.onCreated(this);
    }

    get gauges(): PoolGauges {
      return {
        used: this.#heldSince.size,
        idle: this.idleCount,
        waiting: this.waitingCount,
        max: this.options.max,
        dirtyReturns: this.#dirtyReturns,
        connectMs: this.#connectMs,
      };
    }

    get longestHeldMs(): number {
      const [first] = this.#heldSince.values();
      return first === undefined ? 0 : clock.now() - first;
    }

    get isConnected(): boolean {
      return this.#connected.size > 0;
    }

    override connect(): Promise<PoolClient>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<PoolClient> | undefined {
      if (!callback) {
        return new Promise((resolve, reject) =>
          this.connect((error, client) => (client ? resolve(client) : reject(error))),
        );
      }
      super.connect((error, client, release) => {
        const { lost } = (client ?? {}) as Partial<PostgresClient>;
        if (lost) {
          // Closed a moment ago and not taken out yet.
          release(lost);
          this.connect(callback);
        } else if (client) {
          callback(error, client, this.#lend(client as PooledPostgresClient, release));
        } else {
          callback(error, client, release);
        }
      });
      return undefined;
    }

    acquire({ timeoutMs, signal, onTimeout }: PoolWait): Promise<PooledPostgresClient> {
      // Nobody waits for a connection that lies idle: no deadline is needed.
      if (this.idleCount > 0 && this.waitingCount === 0 && !signal) {
        return this.connect() as Promise<PooledPostgresClient>;
      }
      return withDeadline(clock, { timeoutMs, signal, onTimeout }, async (inner) => {
        const client = (await this.#connectUnlessSentAway()) as PooledPostgresClient;
        if (inner.aborted) client.release();
        return client;
      });
    }

    rejectWaiters(reason: Error): void {
      for (const reject of this.#waiters) reject(reason);
    }

    dropIdle(reason: Error): void {
      for (const client of this.#connected) {
        if (!this.#heldSince.has(client)) (client as PooledPostgresClient).destroy(reason);
      }
    }

    terminate(reason: Error): void {
      this.rejectWaiters(reason);
      for (const client of this.#clients.keys()) cutOff(clock, client, reason);
      for (const client of this.#heldSince.keys()) client.release(reason);
    }

    #connectUnlessSentAway(): Promise<PoolClient> {
      return new Promise((resolve, reject) => {
        let isSentAway = false;
        const leave = (reason: Error): void => {
          isSentAway = true;
          this.#waiters.delete(leave);
          reject(reason);
        };
        this.#waiters.add(leave);
        this.connect((error, client) => {
          this.#waiters.delete(leave);
          // Later: thousands of them one inside the other would use the stack up, and the connection with it.
          if (isSentAway) queueMicrotask(() => client?.release());
          else if (client) resolve(client);
          else reject(error);
        });
      });
    }

    /** From here on the connection is somebody's; giving it back twice does no harm. */
    #lend(
      client: PooledPostgresClient,
      release: (reason?: unknown) => void,
    ): (reason?: unknown) => void {
      this.#heldSince.set(client, clock.now());
      const giveBack = (reason?: unknown): void => {
        if (!this.#heldSince.delete(client)) return;
        if (client.isServerGone) this.dropIdle(client.lost as Error);
        release(reason ?? this.#findDirt(client));
      };
      client.release = giveBack;
      return giveBack;
    }

    #findDirt(client: PostgresClient): Error | undefined {
      if (client.lost) return client.lost;
      if (!client.isBusy && client.transactionStatus === 'I') return undefined;
      const problem = client.isBusy ? 'it was busy' : 'its transaction was open';
      this.#dirtyReturns++;
      settings.onDirty(problem);
      return new Error(`A connection was given back and closed: ${problem}.`);
    }
  };
}

/** The class of a pool's connections, which keeps the list of those that there are. */
function track(
  { clock, Client, connectTimeoutMs }: PoolSettings,
  clients: Map<PostgresClient, number>,
): PostgresClientClass {
  return class extends Client {
    constructor(config: ClientConfig) {
      super({ ...config, connectionTimeoutMillis: connectTimeoutMs });
      clients.set(this, clock.now());
      this.once('end', () => clients.delete(this));
    }
  };
}
