import { createCache, type Cache as CacheManagerCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { isMainstayError, type Clock } from 'nestjs-mainstay/common';
import type { CacheConfig } from '../cache.config.js';
import type { CacheFactoryContext } from '../cache.options.js';
import type { CacheService } from '../cache.service.js';
import { parseTtl } from '../ttl.js';
import { KeyvAdapter, NOT_STORED_TTL } from './keyv-adapter.js';

type Wrap = CacheManagerCache['wrap'];
type TtlOf = number | ((value: unknown) => number) | undefined;
interface RawWrapOptions {
  readonly ttl?: TtlOf;
  readonly raw?: boolean;
}
type WrapArguments = [factory: () => unknown, ttlOrOptions?: TtlOf | RawWrapOptions];

/** How a manager differs from the cache it stands for. */
export interface CacheManagerSettings {
  /** Default TTL in milliseconds, as cache-manager means it: 0 = for ever. @default the `ttl` of the cache */
  readonly ttl?: number | undefined;
  /** What the keys of this manager begin with in the cache, before a colon. @default nothing */
  readonly namespace?: string | undefined;
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
  const wrap = wrapWith(cache, clock, settings.ttl);
  return {
    ...manager,
    ttl: (key) => expiryOf(keyOf(key), cache, clock),
    del: (key) => falseUnlessDone(manager.del(key)),
    mdel: (keys) => falseUnlessDone(manager.mdel(keys)),
    clear: () => falseUnlessDone(manager.clear()),
    wrap: ((key: string, ...rest: WrapArguments) => wrap(keyOf(key), ...rest)) as Wrap,
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

function wrapWith(
  cache: CacheService,
  clock: Clock,
  defaultTtl: number | undefined,
): (key: string, ...rest: WrapArguments) => Promise<unknown> {
  return async (key, factory, ttlOrOptions) => {
    const { ttl = defaultTtl, raw }: RawWrapOptions =
      typeof ttlOrOptions === 'object' ? ttlOrOptions : { ttl: ttlOrOptions };
    const load = async (context: CacheFactoryContext): Promise<unknown> => {
      const made = await factory();
      decideTtl(context, ttl, made);
      return made;
    };
    // Who calls cache-manager expects the error of a factory.
    const value = await cache.getOrSet(key, load, { grace: false });
    return raw ? { value, expires: await expiryOf(key, cache, clock) } : value;
  };
}

/** When a key expires, in wall time; `undefined` = never, or not there, or the cache is down (which `lookup` records). */
async function expiryOf(
  key: string,
  cache: CacheService,
  clock: Clock,
): Promise<number | undefined> {
  try {
    const found = await cache.lookup(key);
    return found.hit && found.ttl !== Infinity ? clock.wallTime() + found.ttl : undefined;
  } catch {
    return undefined;
  }
}

/** In cache-manager 0 means for ever. */
function decideTtl(context: CacheFactoryContext, ttl: TtlOf, value: unknown): void {
  const decided = typeof ttl === 'function' ? ttl(value) : ttl;
  if (decided !== undefined) context.setTtl(decided === 0 ? Infinity : decided);
}

async function falseUnlessDone(done: Promise<boolean>): Promise<boolean> {
  try {
    return await done;
  } catch (error) {
    if (isMainstayError(error, 'CACHE_UNAVAILABLE')) return false;
    throw error;
  }
}
