import KeyvRedis from '@keyv/redis';
import { bentostore, BentoCache } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { LRUCache } from 'lru-cache';

/** @typedef {import('./values.mjs').User} User */
/** @typedef {() => User | Promise<User>} Factory */

/**
 * What candidates have in common.
 * @typedef {object} Candidate
 * @property {(key: string) => User | undefined | null | Promise<User | undefined | null>} get
 * @property {(key: string, factory: Factory) => Promise<User | undefined>} getOrSet
 * @property {(key: string, value: User) => unknown} set
 * @property {() => unknown} stop
 */

const TTL_MS = 300_000;

/** @returns {Candidate} */
export function lruCache() {
  /** @type {LRUCache<string, User, Factory>} */
  const cache = new LRUCache({
    max: 10_000,
    ttl: TTL_MS,
    fetchMethod: (_key, _stale, { context }) => context(),
  });
  return {
    get: (key) => cache.get(key),
    getOrSet: (key, factory) => cache.fetch(key, { context: factory }),
    set: (key, value) => cache.set(key, value),
    stop: () => cache.clear(),
  };
}

/**
 * cache-manager, as the documentation of NestJS sets it up.
 * @param {string} [url] of a Redis; none: in memory
 * @returns {Candidate}
 */
export function cacheManager(url) {
  const keyv = url === undefined ? new Keyv() : new Keyv({ store: new KeyvRedis(url) });
  keyv.on('error', ignore);
  const cache = createCache({ stores: [keyv], ttl: TTL_MS });
  return {
    get: (key) => cache.get(key),
    getOrSet: (key, factory) => cache.wrap(key, factory),
    set: (key, value) => cache.set(key, value),
    stop: () => cache.disconnect(),
  };
}

/**
 * bentocache, without a memory before its Redis.
 * @param {number} [port] of a Redis on the loopback interface; none: in memory
 * @returns {Candidate}
 */
export function bentocache(port) {
  const store =
    port === undefined
      ? bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 }))
      : bentostore().useL2Layer(redisDriver({ connection: connect(port) }));
  const cache = new BentoCache({ default: 'only', ttl: TTL_MS, stores: { only: store } });
  return {
    get: (key) => cache.get({ key }),
    getOrSet: (key, factory) => cache.getOrSet({ key, factory }),
    set: (key, value) => cache.set({ key, value }),
    stop: () => cache.disconnectAll(),
  };
}

/** @param {number} port */
function connect(port) {
  const connection = new Redis({ host: '127.0.0.1', port });
  connection.on('error', ignore);
  return connection;
}

/** @returns {Candidate} */
export function cacheable() {
  const cache = new Cacheable({ ttl: TTL_MS });
  return {
    get: (key) => cache.get(key),
    getOrSet: (key, factory) => cache.getOrSet(key, async () => factory()),
    set: (key, value) => cache.set(key, value),
    stop: () => cache.disconnect(),
  };
}

/** A client that is away tells of it often. */
function ignore() {}
