import { LogThrottle, type Clock, type Timer } from 'nestjs-mainstay/common';
import { GuardedLogger, redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import type { Invalidation } from '../../invalidation.js';
import { parseMessage } from './bus-message.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisTime } from './redis-time.js';
import type { ScriptScope } from './store-script.js';

/** How often it is looked whether all messages were received, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;
/**
 * How long copies are trusted after a look, in milliseconds: what was invalidated after it is known by the next, or
 * nothing is trusted any more.
 */
const LEASE_MS = 2_500;

/** What a feed needs to know. */
export interface RedisFeedOptions {
  readonly scope: ScriptScope;
  readonly time: RedisTime;
  readonly clock: Clock;
  /** Name of the cache, for the log. */
  readonly cache: string;
}

/** Who wants to know what other instances do. */
export interface FeedListener {
  /** Another instance has invalidated something. */
  invalidated(what: Invalidation): void;
  /** Messages may have been missed. */
  missed(): void;
  /** Redis knows nothing any more of messages that were heard, nor of what they told. */
  forgot(): void;
}

/**
 * What other instances invalidate, as messages over the connection that also carries the commands. Each message has a
 * number, which the script that made it has counted. Every second the feed asks for the last number: if everything up to
 * it was received, what is in the memory of this process may be trusted for a while; if not, messages were missed. So
 * deafness is noticed without traffic between instances.
 */
export class RedisFeed {
  readonly #options: RedisFeedOptions;
  readonly #clock: Clock;
  readonly #logger = new GuardedLogger('Cache');
  readonly #misses: LogThrottle;
  #listener: FeedListener | undefined;
  #connection: RedisConnection | undefined;
  #isSubscribed = false;
  /** Number of the last message, and what names the count: a Redis that has lost it begins another. */
  #received = 0;
  /** Number of the last message over earlier connections. */
  #receivedBefore = 0;
  #count: string | null = null;
  #trustedUntil = -Infinity;
  #nextLook: Timer | undefined;
  #missed = 0;

  constructor(options: RedisFeedOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#misses = new LogThrottle(options.clock);
  }

  /** How often messages were missed. */
  get missed(): number {
    return this.#missed;
  }

  /** Until when it is known that everything is heard that could make a copy invalid, as a time of the clock. */
  get trustedUntil(): number {
    return this.#trustedUntil;
  }

  listen(listener: FeedListener): void {
    this.#listener = listener;
  }

  /**
   * Begins to listen over a new connection.
   * @throws as `RedisConnection.send`. Where the user may not subscribe, nothing is ever trusted.
   */
  async start(connection: RedisConnection): Promise<void> {
    this.stop();
    this.#connection = connection;
    this.#options.time.forget();
    const subscribed = this.#subscribe(connection);
    // Sent at once, so that nothing comes between the subscription and the number it begins with.
    const looked = this.#look(connection);
    await Promise.all([subscribed, looked]);
    this.#lookLater(connection);
  }

  /** The connection is lost, or not needed any more: nothing is heard. */
  stop(): void {
    this.#nextLook?.cancel();
    this.#connection = undefined;
    this.#trustedUntil = -Infinity;
  }

  async #subscribe(connection: RedisConnection): Promise<void> {
    this.#isSubscribed = true;
    this.#receivedBefore = Math.max(this.#receivedBefore, this.#received);
    this.#received = -1;
    const { cache, scope } = this.#options;
    try {
      await connection.subscribe(scope.keys.channel, (text) => this.#hear(connection, text));
    } catch (error) {
      this.#isSubscribed = false;
      if (redisReplyCodeOf(error) === undefined) throw error;
      this.#logger.warn(
        `${cache} may not subscribe to ${scope.keys.channel}: it asks Redis for every value. Allow the channel to the user to have values answered from memory.`,
      );
    }
  }

  #hear(connection: RedisConnection, text: string): void {
    if (this.#connection !== connection) return;
    const message = parseMessage(text, this.#options.scope.keys);
    // The first message after the subscription may come before the number that the count was at.
    const isFirst = this.#received < 0;
    if (message === undefined || (!isFirst && message.sequence !== this.#received + 1))
      this.#miss();
    if (message === undefined) return;
    this.#received = message.sequence;
    if (message.origin !== this.#options.scope.origin) this.#listener?.invalidated(message.what);
  }

  /** Never rejects: a connection that is lost tells its own, and what Redis refuses is not trusted. */
  async #lookAgain(connection: RedisConnection): Promise<void> {
    await Promise.allSettled([this.#look(connection)]);
    this.#lookLater(connection);
  }

  #lookLater(connection: RedisConnection): void {
    if (this.#connection !== connection) return;
    const look = (): void => void this.#lookAgain(connection);
    this.#nextLook = this.#clock.schedule(look, LOOK_INTERVAL_MS, { background: true });
  }

  async #look(connection: RedisConnection): Promise<void> {
    const sentAt = this.#clock.now();
    const [time, meta] = await Promise.all([
      connection.send(['TIME']),
      connection.send(['HMGET', this.#options.scope.keys.meta, 'id', 'sequence', 'last', 'ahead']),
    ]);
    if (this.#connection !== connection) return;
    const [count, sequence, last, ahead] = meta as (string | null)[];
    this.#options.time.read(Math.max(microseconds(time) + Number(ahead), Number(last)), sentAt);
    this.#compareWithBefore(count ?? null, Number(sequence));
    this.#compare(count ?? null, Number(sequence));
    if (this.#isSubscribed) this.#trustedUntil = sentAt + LEASE_MS;
  }

  /** Messages that came after the answer may have been heard before it is looked at here. */
  #compare(count: string | null, sequence: number): void {
    const isFirst = this.#received < 0;
    // Where nothing was counted yet, the count that has begun since is the one whose messages were heard.
    const isAnother = this.#count !== null && count !== this.#count;
    if (!isFirst && (isAnother || sequence > this.#received)) this.#miss();
    if (isFirst || isAnother || sequence > this.#received) this.#received = sequence;
    this.#count = count;
  }

  /** One that has lost everything begins another count; one that was put back goes on with that of before. */
  #compareWithBefore(count: string | null, sequence: number): void {
    const isSame = count !== null && count === this.#count;
    const hasForgotten = isSame && sequence < this.#receivedBefore;
    this.#receivedBefore = 0;
    if (!hasForgotten) return;
    this.#logger.warn(
      `${this.#options.cache}: Redis has forgotten what it had acknowledged (a failover, or a restart with older data): everything is invalidated.`,
    );
    this.#listener?.forgot();
  }

  #miss(): void {
    this.#missed++;
    this.#listener?.missed();
    const line = this.#misses.admit('missed');
    if (!line) return;
    this.#logger.warn(
      `${this.#options.cache} has missed messages of other instances (${line.count} times so far): what it has in memory is asked for again before it is served.`,
    );
  }
}

/** The reply to `TIME`: seconds and microseconds. */
function microseconds(reply: unknown): number {
  const [seconds, rest] = reply as readonly [string, string];
  return Number(seconds) * 1_000_000 + Number(rest);
}
