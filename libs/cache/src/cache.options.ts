import type { Ttl } from './ttl.js';

/** How an entry is written. */
export interface CacheSetOptions {
  /**
   * How long the entry lives: milliseconds or `'5m'`; 0 = do not store, Infinity = for ever.
   * @default the configured `ttl`; for `null` the configured `negativeTtl`
   */
  readonly ttl?: Ttl | undefined;
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
}

/** What a factory may know and decide about the load it belongs to. */
export interface CacheFactoryContext {
  /** Aborts when the factory's time is over. */
  readonly signal: AbortSignal;
  /** Decides the life of what is being loaded, `null` included. @throws InvalidCacheTtlError */
  setTtl(ttl: Ttl): void;
  /** Decides the tags of what is being loaded. @throws InvalidCacheTagError */
  setTags(...tags: string[]): void;
  /** The result is given to the callers and not stored. */
  skip(): void;
}

/** Makes the value of a key that is not in the cache. `undefined` is not stored; `null` = it does not exist. */
export type CacheFactory<T> = (context: CacheFactoryContext) => T | PromiseLike<T>;

/**
 * Makes the values of the keys that are not in the cache: `[key, value]` pairs or a Map. A key without a pair does not
 * exist, and is remembered so.
 */
export type CacheBatchFactory<T> = (
  missingKeys: readonly string[],
  context: CacheFactoryContext,
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
  /** Whether it may be out of date: a copy of this process that answers while the shared tier does not. */
  readonly stale: boolean;
}
