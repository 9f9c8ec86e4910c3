import type { Clock } from 'nestjs-mainstay/common';
import type { CacheEngine } from './cache-engine.js';
import type { CacheLoaded, CacheLoadOptions, CacheLookup, CacheSetEntry } from './cache.options.js';
import { checkKey } from './keys/check-key.js';
import type { Awaitable, CacheEntry } from './stores/cache-store.js';
import { isPromiseLike } from './stores/is-promise-like.js';
import { readCachedValue } from './values/cached-value.js';

/** What a load asks the cache first. */
export interface LoadRequest {
  readonly key: string;
  readonly options: CacheLoadOptions;
}

/** What a load of several keys asks the cache first. */
export interface BatchLoadRequest {
  readonly keys: readonly string[];
  readonly options: CacheLoadOptions;
}

/**
 * The work of each operation of a cache, as bound operations run it: without a promise where the store answers at once.
 * Reads give `undefined` for a miss, so that recording can tell it from `null`, which is a hit.
 */
export class StoreWork {
  readonly #engine: CacheEngine;
  readonly #clock: Clock;

  constructor(engine: CacheEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  readonly get = (key: string): Awaitable<unknown> => map(this.#engine.find(key), valueOf);

  readonly lookup = (key: string): Awaitable<CacheLookup<unknown>> =>
    map(this.#engine.find(key), (entry) => this.#describe(entry));

  readonly set = (entry: CacheSetEntry): Awaitable<true> =>
    map(this.#engine.write(this.#engine.prepare(entry)), acknowledged);

  readonly delete = (key: string): Awaitable<true> => map(this.#engine.delete(key), acknowledged);

  readonly getForLoad = ({ key, options }: LoadRequest): Awaitable<unknown> => {
    this.#engine.lifeOfLoaded(undefined, options);
    return this.get(key);
  };

  readonly lookupForLoad = ({
    key,
    options,
  }: LoadRequest): Awaitable<CacheLoaded<unknown> | undefined> => {
    this.#engine.lifeOfLoaded(undefined, options);
    return map(this.#engine.find(key), loadedOf);
  };

  readonly getMany = (keys: readonly string[]): Awaitable<unknown[]> => all(keys.map(this.get));

  readonly getManyForLoad = ({ keys, options }: BatchLoadRequest): Awaitable<unknown[]> => {
    this.#engine.lifeOfLoaded(undefined, options);
    return this.getMany(keys);
  };

  /** Everything is checked before anything is written. */
  readonly setMany = (entries: readonly CacheSetEntry[]): Awaitable<true> => {
    const prepared = entries.map((entry) => this.#engine.prepare(entry));
    return map(all(prepared.map((write) => this.#engine.write(write))), acknowledged);
  };

  readonly deleteMany = (keys: readonly string[]): Awaitable<true> => {
    for (const key of keys) checkKey(key);
    return map(all(keys.map(this.delete)), acknowledged);
  };

  readonly invalidateTags = (tags: readonly string[]): true => {
    this.#engine.invalidateTags(tags);
    return true;
  };

  readonly clear = (): Awaitable<true> => map(this.#engine.clear(), acknowledged);

  #describe(entry: CacheEntry | undefined): CacheLookup<unknown> {
    if (entry === undefined) return { hit: false, value: undefined, stale: false };
    const now = this.#clock.now();
    return {
      hit: true,
      value: readCachedValue(entry),
      source: 'l1',
      stale: false,
      age: now - entry.createdAt,
      ttl: entry.expiresAt - now,
    };
  }
}

function valueOf(entry: CacheEntry | undefined): unknown {
  return entry === undefined ? undefined : readCachedValue(entry);
}

function loadedOf(entry: CacheEntry | undefined): CacheLoaded<unknown> | undefined {
  if (entry === undefined) return undefined;
  return { value: readCachedValue(entry), source: 'l1', stale: false };
}

function acknowledged(): true {
  return true;
}

function map<T, R>(value: Awaitable<T>, change: (value: T) => R): Awaitable<R> {
  return isPromiseLike(value) ? value.then(change) : change(value);
}

function all<T>(values: readonly Awaitable<T>[]): Awaitable<T[]> {
  return values.some(isPromiseLike) ? Promise.all(values) : (values as T[]);
}
