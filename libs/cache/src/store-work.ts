import type { OperationContext } from 'nestjs-mainstay/resilience';
import type { CacheCounts } from './cache-counts.js';
import type { CacheBackend, CacheEngine } from './cache-engine.js';
import type { CacheLoaded, CacheLookup, CacheSetEntry, CacheSource } from './cache.options.js';
import type { BatchLoadRequest, LoadRequest } from './loading/load-request.js';
import { isPromiseLike, mapAwaitable, type Awaitable } from './stores/awaitable.js';
import type { CacheEntry, KeyedEntry, ReadOptions } from './stores/cache-store.js';
import { readCachedValue } from './values/cached-value.js';

const MISS = { hit: false, value: undefined, stale: false } as const;

/**
 * The work of each operation of a cache, as bound operations run it: without a promise where the store answers at once.
 * Reads give `undefined` for a miss, so that recording can tell it from `null`, which is a hit.
 */
export class StoreWork {
  readonly #engine: CacheEngine;
  readonly #backend: CacheBackend;
  readonly #counts: CacheCounts;
  readonly #forLoad: ReadOptions;

  constructor(engine: CacheEngine, backend: CacheBackend) {
    this.#engine = engine;
    this.#backend = backend;
    this.#counts = engine.counts;
    // Nobody waits for a refresh: what it is to replace is fresh.
    const isLoading = (key: string): boolean => {
      const flight = engine.flights.find(key);
      return flight !== undefined && flight.plan.isDue === undefined;
    };
    this.#forLoad = { hasAlternative: true, isLoading };
  }

  /** What is known at once to be fresh; see `BoundOperation.peek`. @throws InvalidCacheKeyError */
  readonly glance = (key: string, now: number): unknown => {
    const value = this.#engine.findFresh(key, now);
    if (value !== undefined) this.#counts.hits.l1++;
    return value;
  };

  readonly get = (key: string): Awaitable<unknown> =>
    this.#counted(mapAwaitable(this.#engine.find(key), valueOf));

  readonly lookup = (key: string): Awaitable<CacheLookup<unknown>> => {
    const found = this.#counted(this.#engine.find(key));
    return withSource(found, (entry, source) =>
      entry === undefined ? MISS : this.describe(entry, source, false),
    );
  };

  readonly set = (entry: CacheSetEntry): Awaitable<true> =>
    mapAwaitable(this.#engine.write(this.#engine.prepare(entry)), acknowledged);

  readonly delete = (key: string): Awaitable<true> =>
    mapAwaitable(this.#engine.delete(key), acknowledged);

  readonly getForLoad = (request: LoadRequest): Awaitable<unknown> => {
    this.#engine.lives.check(request.options);
    return mapAwaitable(this.#readForLoad(request), valueOf);
  };

  readonly lookupForLoad = (request: LoadRequest): Awaitable<CacheLoaded<unknown> | undefined> => {
    this.#engine.lives.check(request.options);
    return withSource(
      this.#readForLoad(request),
      (entry, source) => entry && { value: readCachedValue(entry), source, stale: false },
    );
  };

  readonly getMany = (
    keys: readonly string[],
    { startedAt }: OperationContext,
  ): Awaitable<unknown[]> =>
    this.#countedMany(keys, startedAt, mapAwaitable(this.#engine.findMany(keys), valuesOf));

  readonly getManyForLoad = (
    request: BatchLoadRequest,
    { startedAt }: OperationContext,
  ): Awaitable<unknown[]> => {
    this.#engine.lives.check(request.options);
    const read = this.#engine.readMany(request.keys, this.#forLoad);
    const values = mapAwaitable(read, (entries) => {
      const fresh: KeyedEntry[] = [];
      const found = request.keys.map((key, index) => {
        const entry = entries[index];
        if (entry === undefined) return undefined;
        if (this.#engine.isFresh(entry)) {
          fresh.push([key, entry]);
          return readCachedValue(entry);
        }
        request.stale.set(key, entry);
        return undefined;
      });
      request.onFresh?.(fresh);
      return found;
    });
    return this.#countedMany(request.keys, startedAt, values);
  };

  /** Everything is checked before anything is written. */
  readonly setMany = (entries: readonly CacheSetEntry[]): Awaitable<true> => {
    const prepared = entries.map((entry) => this.#engine.prepare(entry));
    return mapAwaitable(this.#engine.writeMany(prepared), acknowledged);
  };

  readonly expire = (key: string): Awaitable<true> =>
    mapAwaitable(this.#engine.expire(key), acknowledged);

  readonly deleteMany = (keys: readonly string[]): Awaitable<true> =>
    mapAwaitable(this.#engine.deleteMany(keys), acknowledged);

  readonly invalidateTags = (tags: readonly string[]): Awaitable<true> =>
    mapAwaitable(this.#engine.invalidateTags(tags), acknowledged);

  readonly clear = (): Awaitable<true> => mapAwaitable(this.#engine.clear(), acknowledged);

  /** Tells everything about an entry. */
  describe(entry: CacheEntry, source: CacheSource, stale: boolean): CacheLookup<unknown> {
    const now = this.#backend.clock.now();
    const { createdAt, expiresAt } = entry;
    const value = readCachedValue(entry);
    return { hit: true, value, source, stale, age: now - createdAt, ttl: expiresAt - now };
  }

  /** What was read for a load, if it is fresh; what is not may stand in for what is loaded. */
  freshOf(request: LoadRequest, entry: CacheEntry | undefined): CacheEntry | undefined {
    if (entry === undefined) return undefined;
    if (this.#engine.isFresh(entry)) {
      request.onFresh?.(entry);
      return entry;
    }
    request.stale = entry;
    return undefined;
  }

  #readForLoad(request: LoadRequest): Awaitable<CacheEntry | undefined> {
    const read = this.#engine.read(request.key, this.#forLoad);
    return this.#counted(mapAwaitable(read, (entry) => this.freshOf(request, entry)));
  }

  /** Counts what was found where it was: only the shared tier has to be waited for. */
  #counted<T>(found: Awaitable<T | undefined>): Awaitable<T | undefined> {
    const { hits } = this.#counts;
    if (!isPromiseLike(found)) {
      if (found !== undefined) hits.l1++;
      return found;
    }
    return found.then((value) => {
      if (value !== undefined) hits.l2++;
      return value;
    });
  }

  /** As {@link #counted}, where some of the keys may be in memory and some not. */
  #countedMany(
    keys: readonly string[],
    startedAt: number,
    found: Awaitable<unknown[]>,
  ): Awaitable<unknown[]> {
    const { hits } = this.#counts;
    if (!isPromiseLike(found)) {
      hits.l1 += hitsOf(found);
      return found;
    }
    const inMemory = hitsOf(keys.map((key) => this.#engine.findFresh(key, startedAt)));
    return found.then((values) => {
      hits.l1 += inMemory;
      hits.l2 += hitsOf(values) - inMemory;
      return values;
    });
  }
}

/** What has to be waited for is asked of the shared tier; the memory of the process answers at once. */
function withSource<R>(
  found: Awaitable<CacheEntry | undefined>,
  describe: (entry: CacheEntry | undefined, source: CacheSource) => R,
): Awaitable<R> {
  if (isPromiseLike(found)) return found.then((entry) => describe(entry, 'l2'));
  return describe(found, 'l1');
}

function valueOf(entry: CacheEntry | undefined): unknown {
  return entry === undefined ? undefined : readCachedValue(entry);
}

function valuesOf(entries: readonly (CacheEntry | undefined)[]): unknown[] {
  return entries.map(valueOf);
}

function hitsOf(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}

function acknowledged(): true {
  return true;
}
