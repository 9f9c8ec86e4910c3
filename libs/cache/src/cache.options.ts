import type { Ttl } from './ttl.js';

/** How an entry is written. */
export interface CacheSetOptions {
  /**
   * How long the entry lives: milliseconds or `'5m'`; 0 = do not store, Infinity = for ever.
   * @default the configured `ttl`; for `null` the configured `negativeTtl`
   */
  readonly ttl?: Ttl | undefined;
  /**
   * How long the value may still stand in after its `ttl`, for a factory that fails or is slow: milliseconds or `'10m'`;
   * 0 and `false` = never. `get` never gives it.
   * @default of what is loaded the configured `grace`; of what is set none
   */
  readonly grace?: Ttl | false | undefined;
  /** What invalidates the entry beside its key, see `invalidateTags`. */
  readonly tags?: readonly string[] | undefined;
}

/** One entry of `setMany`. */
export interface CacheSetEntry<T = unknown> extends CacheSetOptions {
  readonly key: string;
  readonly value: T;
}

/** How a loaded value is stored. */
export interface CacheLoadOptions extends CacheSetOptions {
  /**
   * How long a `null` of the factory is remembered; never longer than `ttl`.
   * @default the configured `negativeTtl`
   */
  readonly negativeTtl?: Ttl | undefined;
  /**
   * How long the factory is waited for where there is a stale value; then that is given, and the load goes on in the
   * background. 0 = it is given at once, Infinity = the factory is always waited for.
   * @default the configured `factorySoftTimeout`
   */
  readonly factorySoftTimeout?: Ttl | undefined;
  /**
   * After which part of its TTL a value that is read is loaded anew in the background: 0.8 = when a fifth is left. Who
   * reads it gets it as it is; `false` = only when the TTL is over.
   * @default the configured `eagerRefresh`
   */
  readonly eagerRefresh?: number | false | undefined;
  /**
   * Whether, of all instances, one at a time loads the key, by a lock in the shared tier: the others wait for its value,
   * and load it themselves when that takes longer than the configured `lockWait`. It saves calls of factories and costs
   * a load two round trips; with the embedded engine it does nothing.
   * @default the configured `lock`
   */
  readonly lock?: boolean | undefined;
}

/** What every factory may know and decide about the load it belongs to. */
export interface CacheLoadContext {
  /** Aborts when the factory's time is over. */
  readonly signal: AbortSignal;
  /** Decides the life of what is being loaded, `null` included. @throws InvalidCacheTtlError */
  setTtl(ttl: Ttl): void;
  /** Decides the tags of what is being loaded. @throws InvalidCacheTagError */
  setTags(...tags: string[]): void;
  /** The result is given to the callers and not stored. */
  skip(): void;
}

/** What the factory of one key may know and decide. */
export interface CacheFactoryContext extends CacheLoadContext {
  /**
   * The value that is to be replaced, unless it was invalidated: past its TTL, or about to be in an eager refresh; else
   * `undefined`. For conditional requests; a factory that finds it unchanged returns it. Nobody has checked its type.
   * @example
   * cache.getOrSet('rates', async ({ stale }) => {
   *   const last = stale as Rates | undefined;
   *   const response = await fetchRates({ etag: last?.etag });
   *   return response.status === 304 && last ? last : response.rates;
   * });
   */
  readonly stale: unknown;
}

/** What the factory of several keys may know and decide. */
export interface CacheBatchFactoryContext extends CacheLoadContext {
  /** The values that are to be replaced, by their keys, see {@link CacheFactoryContext.stale}. */
  readonly stale: ReadonlyMap<string, unknown>;
}

/** Makes the value of a key that is not in the cache. `undefined` is not stored; `null` = it does not exist. */
export type CacheFactory<T> = (context: CacheFactoryContext) => T | PromiseLike<T>;

/**
 * Makes the values of the keys that are not in the cache: `[key, value]` pairs or a Map. A key without a pair does not
 * exist, and is remembered so.
 */
export type CacheBatchFactory<T> = (
  missingKeys: readonly string[],
  context: CacheBatchFactoryContext,
) => Iterable<readonly [string, T]> | PromiseLike<Iterable<readonly [string, T]>>;

/** Where a cached value came from: `l1` is the memory of this process, `l2` the tier that instances share. */
export type CacheSource = 'l1' | 'l2';

/** Everything that is known about a key. */
export type CacheLookup<T> =
  | {
      readonly hit: true;
      /** `null`: it is known that nothing exists under the key. */
      readonly value: T | null;
      readonly source: CacheSource;
      /** Whether it may be out of date: a copy of this process that answers while the shared tier does not. */
      readonly stale: boolean;
      /** Time since it was written, in milliseconds. */
      readonly age: number;
      /** Time that it has left, in milliseconds; Infinity = for ever. */
      readonly ttl: number;
    }
  | { readonly hit: false; readonly value: undefined; readonly stale: false };

/** A value and how `lookupOrSet` came by it. */
export interface CacheLoaded<T> {
  readonly value: T;
  /** `factory`: it was loaded, by this call or by one that it joined. */
  readonly source: CacheSource | 'factory';
  /**
   * Whether it may be out of date: a copy of this process that answers while the shared tier does not, or a value past its
   * TTL that stands in for a factory that fails or is slow.
   */
  readonly stale: boolean;
}
