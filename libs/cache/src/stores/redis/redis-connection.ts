import type { Clock } from 'nestjs-mainstay/common';
import { redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import { CacheConnectionLostError, CacheTierUnavailableError } from '../../cache.errors.js';
import { redactReply } from './redact-reply.js';
import type { RedisAddress } from './redis-address.js';
import type { RedisClient, RedisDriver } from './redis-driver.js';

/** A connection that owes replies and gives none for so long is given up, in milliseconds. */
const OVERDUE_MS = 500;
/** node-redis gives up a TCP connection by itself then: one that was abandoned must not linger. */
const CONNECT_TIMEOUT_MS = 2_500;

/** What a connection needs to know. */
export interface RedisConnectionOptions {
  readonly driver: RedisDriver;
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** Name of the cache, for errors. */
  readonly cache: string;
}

/**
 * One connection to Redis, from its making to its loss; it is never repaired. One that owes replies and gives none for
 * 500 ms, or whose server has become a replica, is destroyed: nothing that was written to it is trusted, and no late
 * reply can be taken for the reply of something else.
 */
export class RedisConnection {
  readonly #client: RedisClient;
  readonly #clock: Clock;
  readonly #cache: string;
  readonly #sentAt: number[] = [];
  /** Whether the server reads flags in scripts (Redis 7, Valkey); found out by `identify`. */
  takesScriptFlags = false;
  #repliedAt = 0;
  #isWatched = false;
  #lostBecause: Error | undefined;
  #onLost: ((reason: Error) => void) | undefined;

  private constructor({ driver, address, clock, cache }: RedisConnectionOptions) {
    this.#clock = clock;
    this.#cache = cache;
    const { host, port, tls, ...login } = address;
    const socket = {
      host,
      port,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: false,
    } as const;
    this.#client = driver.createClient({
      ...login,
      socket: tls ? { ...socket, tls } : { ...socket, tls },
      // Messages of other instances come between the replies, in one order.
      RESP: 3,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: 0 },
    });
    this.#client.on('error', (error) => this.destroy(redactReply(error)));
    // A connection that was given up while it was being made would come to life unobserved.
    this.#client.on('connect', () => {
      if (this.#lostBecause) this.#client.destroy();
    });
  }

  /**
   * Makes a connection and logs in.
   * @throws the reason of `signal`, a socket's error, or what Redis replied to the login
   */
  static async open(
    options: RedisConnectionOptions,
    signal: AbortSignal,
  ): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    await connection.#connect(signal);
    return connection;
  }

  get isOpen(): boolean {
    return this.#lostBecause === undefined;
  }

  /**
   * Since when it owes a reply and has given none, as a time of the clock; `undefined` when it owes none. Many commands
   * that were sent at once take their time: while their replies come, it is not silent.
   */
  get waitingSince(): number | undefined {
    const oldest = this.#sentAt[0];
    return oldest === undefined ? undefined : Math.max(oldest, this.#repliedAt);
  }

  /** Calls `listener` once when the connection is lost, for whatever reason. */
  whenLost(listener: (reason: Error) => void): void {
    this.#onLost = listener;
  }

  /**
   * Sends a command. Replies come in the order of the commands.
   * @throws CacheTierUnavailableError: it was not sent; CacheConnectionLostError: it may have been executed; else what
   * Redis replied
   */
  send(args: readonly string[]): Promise<unknown> {
    return this.#await(() => this.#client.sendCommand(args));
  }

  /**
   * Listens to a channel. Messages and replies come in the order in which Redis made them.
   * @throws as {@link send}
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    return this.#await(() => this.#client.subscribe(channel, listener));
  }

  /** Ends the connection; whatever waits for a reply is rejected. */
  destroy(reason: Error): void {
    if (this.#lostBecause) return;
    this.#lostBecause = reason;
    this.#onLost?.(reason);
    this.#client.destroy();
  }

  #await(send: () => Promise<unknown>): Promise<unknown> {
    if (this.#lostBecause) return Promise.reject(new CacheTierUnavailableError(this.#cache));
    this.#sentAt.push(this.#clock.now());
    this.#watch();
    return send().then(this.#replied, this.#refused);
  }

  readonly #replied = (reply: unknown): unknown => {
    this.#sentAt.shift();
    this.#repliedAt = this.#clock.now();
    return reply;
  };

  readonly #refused = (error: unknown): never => {
    this.#replied(undefined);
    const code = redisReplyCodeOf(error);
    if (code !== undefined) redactReply(error as Error);
    if (code === 'READONLY') this.destroy(error as Error);
    if (code === undefined && this.#lostBecause) {
      throw new CacheConnectionLostError(this.#cache, this.#lostBecause);
    }
    throw error;
  };

  #connect(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.destroy(signal.reason as Error);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      void this.#client
        .connect()
        .finally(() => signal.removeEventListener('abort', giveUp))
        .then(
          () => resolve(),
          (error: Error) => reject(redactReply(error)),
        );
    });
  }

  /** One timer for all commands: replies come in order, so that only the next can be overdue. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#watchFor(OVERDUE_MS);
  }

  #watchFor(delayMs: number): void {
    this.#clock.schedule(() => void this.#look(), delayMs, { background: true });
  }

  async #look(): Promise<void> {
    if (this.#overdueMs() >= 0) {
      // After a long turn of our own the reply may lie in the socket, unread.
      await this.#clock.yield();
    }
    const overdueMs = this.#overdueMs();
    if (overdueMs >= 0) this.destroy(new Error(`it owed a reply for ${OVERDUE_MS} ms`));
    if (this.#lostBecause || this.#sentAt.length === 0) this.#isWatched = false;
    else this.#watchFor(-overdueMs);
  }

  #overdueMs(): number {
    return this.#clock.now() - (this.waitingSince ?? this.#clock.now()) - OVERDUE_MS;
  }
}
