import { randomUUID } from 'node:crypto';
import { importPeer } from 'nestjs-mainstay/common';
import type { MemoryStore } from '../stores/memory-store.js';
import { parseRedisAddress, type RedisAddress } from '../stores/redis/redis-address.js';
import { RedisConnection } from '../stores/redis/redis-connection.js';
import type { RedisDriver } from '../stores/redis/redis-driver.js';
import { RedisFeed } from '../stores/redis/redis-feed.js';
import { RedisKeys } from '../stores/redis/redis-keys.js';
import { RedisLink } from '../stores/redis/redis-link.js';
import { isSentinelUrl, parseSentinelAddress } from '../stores/redis/sentinel/sentinel-address.js';
import { SentinelMaster } from '../stores/redis/sentinel/sentinel-master.js';
import { RedisStore } from '../stores/redis/redis-store.js';
import { RedisTime } from '../stores/redis/redis-time.js';
import type { TieredStore } from '../tiers/tiered-store.js';
import { EngineTiers } from './engine-tiers.js';
import { livesOf, type SharedEngineOptions } from './shared-engine.js';
import type { StoreDetails, StoreEngine } from './store-engine.js';

/**
 * `redis://`, `redis-sentinel://`, and both with TLS: entries in a Redis that instances share, and copies in the memory of
 * the process. The store is there from the beginning, and answers from memory until Redis is connected.
 */
export class RedisEngine implements StoreEngine {
  readonly hasFallback = true;
  readonly system = 'redis';
  readonly #options: SharedEngineOptions;
  readonly #feed: RedisFeed;
  readonly #link: RedisLink;
  readonly #tiers: EngineTiers;
  #driver: RedisDriver | undefined;
  #master: SentinelMaster | undefined;

  constructor(options: SharedEngineOptions) {
    const { name, config, clock, codec } = options;
    this.#options = options;
    const keys = new RedisKeys(`${config.namespace}:${name}`);
    const scope = { keys, origin: randomUUID() };
    const time = new RedisTime(clock);
    this.#feed = new RedisFeed({ scope, time, clock, cache: name });
    const open = (signal: AbortSignal): Promise<RedisConnection> => this.#open(signal);
    this.#link = new RedisLink({ open, clock, cache: name, scope, time, feed: this.#feed });
    const connection = (): RedisConnection => this.#link.connection;
    const common = { scope, time, clock, cache: name };
    const { recordLifeMs } = livesOf(config);
    const store = new RedisStore({ ...common, connection, codec, recordLifeMs });
    this.#tiers = new EngineTiers(options, { title: 'Redis', store, link: this.#link });
  }

  get store(): TieredStore | undefined {
    return this.#tiers.store;
  }

  /** A package that is missing is told of by the step that needs it. */
  async load(): Promise<void> {
    await Promise.allSettled([this.#loadDriver()]);
  }

  validate(): void {
    const { config, name } = this.#options;
    if (isSentinelUrl(config.url)) parseSentinelAddress(config.url, name);
    else parseRedisAddress(config.url, name);
  }

  /** Over a connection of its own, which is given up at once. */
  async testConnection(signal: AbortSignal): Promise<void> {
    const connection = await this.#open(signal);
    try {
      await connection.send(['PING']);
    } finally {
      connection.destroy(new Error('the test has ended'));
    }
  }

  createConnection(signal: AbortSignal): Promise<void> {
    return this.#link.connect(signal);
  }

  setOptions(): Promise<void> {
    return this.#link.prepare();
  }

  testOperations(): Promise<void> {
    return this.#link.test();
  }

  async close(): Promise<void> {
    await this.#tiers.flush();
    this.#link.close();
  }

  end(): void {
    this.#tiers.end();
  }

  get silentMs(): number {
    return this.#tiers.silentMs;
  }

  get evictions(): MemoryStore['evictions'] {
    return this.#tiers.evictions;
  }

  details(): StoreDetails {
    return { ...this.#tiers.details(), missed: this.#feed.missed };
  }

  async #open(signal: AbortSignal): Promise<RedisConnection> {
    const { name, config } = this.#options;
    if (isSentinelUrl(config.url)) return this.#sentinels().connect(signal);
    return this.#connect(parseRedisAddress(config.url, name), signal);
  }

  async #connect(address: RedisAddress, signal: AbortSignal): Promise<RedisConnection> {
    const { name, clock } = this.#options;
    const driver = await this.#loadDriver();
    signal.throwIfAborted();
    return RedisConnection.open({ driver, address, clock, cache: name }, signal);
  }

  /** One for all connections: it remembers which sentinel answers. */
  #sentinels(): SentinelMaster {
    const { name, config, clock } = this.#options;
    this.#master ??= new SentinelMaster({
      address: parseSentinelAddress(config.url, name),
      connect: (address, signal) => this.#connect(address, signal),
      clock,
      cache: name,
    });
    return this.#master;
  }

  async #loadDriver(): Promise<RedisDriver> {
    const [scheme] = this.#options.config.url.split(':', 1);
    this.#driver ??= await importPeer<RedisDriver>('redis', `CACHE_URL=${scheme}://…`);
    return this.#driver;
  }
}
