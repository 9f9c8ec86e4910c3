import { createCache, type Cache as CacheManagerCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { isMainstayError, type Clock } from 'nestjs-mainstay/common';
import type { CacheConfig } from '../cache.config.js';
import type { CacheService } from '../cache.service.js';
import { parseTtl } from '../ttl.js';
import { expiryOf } from './expiry-of.js';
import { KeyvAdapter, NOT_STORED_TTL } from './keyv-adapter.js';
import { WrappedLoads, type WrapOptions } from './wrapped-loads.js';

type Wrap = CacheManagerCache['wrap'];

/** How a manager differs from the cache it stands for. */
export interface CacheManagerSettings {
  /** Default TTL in milliseconds, as cache-manager means it: 0 = for ever. @default the `ttl` of the cache */
  readonly ttl?: number | undefined;
  /** What the keys of this manager begin with in the cache, before a colon. @default nothing */
  readonly namespace?: string | undefined;
  /** The time before the end of an entry from which on `wrap` loads it anew in the background, in milliseconds. @default none */
  readonly refreshThreshold?: number | undefined;
  /** See `createCache` of cache-manager. @default random */
  readonly cacheId?: string | undefined;
}

/**
 * A cache of cache-manager over a {@link CacheService}, so that code written for `CACHE_MANAGER` shares its entries, its
 * bounds and its recording. Made by cache-manager's own `createCache`; led elsewhere are `wrap` (to `getOrSet`), `ttl`
 * (to the cache's clock), and `del`, `mdel`, `clear`, which give `false` for what was not acknowledged.
 * @throws InvalidCacheTtlError
 */
export function createCacheManager(
  cache: CacheService,
  config: Pick<CacheConfig, 'ttl'>,
  clock: Clock,
  settings: CacheManagerSettings = {},
): CacheManagerCache {
  const { namespace, cacheId } = settings;
  if (settings.ttl !== undefined) parseTtl(settings.ttl);
  const keyOf = (key: string): string => (namespace === undefined ? key : `${namespace}:${key}`);
  const manager = createCache({
    stores: [keyvOver(cache, keyOf)],
    // Keyv keeps for ever what comes without a TTL or with 0, and so does cache-manager.
    ttl: settings.ttl ?? (config.ttl === 0 ? NOT_STORED_TTL : config.ttl),
    ...(cacheId !== undefined && { cacheId }),
  });
  const { ttl, refreshThreshold } = settings;
  const defaults = { ttl, cacheTtl: config.ttl, refreshThreshold };
  const wrapped = new WrappedLoads(cache, clock, defaults);
  return {
    ...manager,
    ttl: (key) => expiryOf(keyOf(key), cache, clock),
    del: (key) => falseUnlessDone(manager.del(key)),
    mdel: (keys) => falseUnlessDone(manager.mdel(keys)),
    clear: () => falseUnlessDone(manager.clear()),
    wrap: ((key: string, factory: () => unknown, ...options: WrapOptions) =>
      wrapped.load(keyOf(key), factory, ...options)) as Wrap,
  };
}

function keyvOver(cache: CacheService, keyOf: (key: string) => string): Keyv {
  const keyv = new Keyv(new KeyvAdapter(cache, keyOf), {
    useKeyPrefix: false,
    throwOnErrors: true,
  });
  // Values go to the cache as they are: it copies them itself, and keeps Date, Map, BigInt what they are.
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  return keyv;
}

async function falseUnlessDone(done: Promise<boolean>): Promise<boolean> {
  try {
    return await done;
  } catch (error) {
    if (isMainstayError(error, 'CACHE_UNAVAILABLE')) return false;
    throw error;
  }
}
