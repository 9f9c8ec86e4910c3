import type { Work } from 'nestjs-mainstay/resilience';
import type { BoundOperation, Operations } from 'nestjs-mainstay/resource';
import { CacheEngine, type CacheBackend } from './cache-engine.js';
import { bindCacheOperations, QUEUED, type CacheOperations } from './cache.operations.js';
import type {
  CacheBatchFactory,
  CacheFactory,
  CacheLoaded,
  CacheLoadOptions,
  CacheLookup,
  CacheSetEntry,
  CacheSetOptions,
} from './cache.options.js';
import type { CacheKey } from './keys/cache-key.js';
import { CacheLoader, type LoadedValue } from './loading/cache-loader.js';
import { EagerRefresh } from './loading/eager-refresh.js';
import { singleFactory } from './loading/single-factory.js';
import { BatchLoadRequest, LoadRequest } from './loading/load-request.js';
import type { CacheEntry } from './stores/cache-store.js';
import { isPromiseLike } from './stores/awaitable.js';
import { StaleWork } from './stale-work.js';
import { StoreWork } from './store-work.js';
import { readCachedValue } from './values/cached-value.js';

/** One for all calls without options. */
const NO_OPTIONS: CacheLoadOptions = Object.freeze({});

/**
 * A cache. A cache that is down is never the caller's failure: reads give `null`, writes `false`, `getOrSet` the value of
 * its factory. Mistakes of the caller (an invalid key, TTL or value) and unknown errors always throw.
 *
 * Values are copied when they are written and frozen: what a reader gets cannot be changed by another.
 *
 * @example
 * constructor(private readonly cache: CacheService) {}
 *
 * user(id: string): Promise<User> {
 *   return this.cache.getOrSet(`user:${id}`, () => this.users.findOneByOrFail({ id }), { ttl: '5m', tags: ['users'] });
 * }
 */
export class CacheService {
  readonly #engine: CacheEngine;
  readonly #operations: CacheOperations;
  readonly #work: StoreWork;
  readonly #loader: CacheLoader;
  readonly #eager: EagerRefresh;
  readonly #eagerRefresh: number | false;
  /** Whether a hit asks for nothing where the call gives no options. */
  readonly #isPlain: boolean;

  constructor(backend: CacheBackend, operations: Operations) {
    this.#engine = new CacheEngine(backend);
    this.#work = new StoreWork(this.#engine, backend);
    const stale = backend.hasFallback ? new StaleWork(this.#engine, this.#work) : undefined;
    this.#operations = bindCacheOperations(backend, operations, stale);
    this.#loader = new CacheLoader(this.#engine, backend, this.#operations);
    this.#eager = new EagerRefresh(this.#engine, backend, this.#loader);
    this.#eagerRefresh = backend.config.eagerRefresh;
    this.#isPlain = this.#eagerRefresh === false;
  }

  /**
   * The value of a key; `null` when there is none, when it is known that nothing exists (see {@link lookup} to tell
   * these apart), and when the cache is down.
   * @throws InvalidCacheKeyError
   */
  get<T = unknown>(key: CacheKey<T>): Promise<T | null> {
    const value = this.#operations.get.peek(this.#work.glance, key);
    // Not an async function: of a hit in memory the caller's promise is the only one.
    return value === undefined ? this.#read(key) : Promise.resolve(value as T | null);
  }

  /**
   * Writes a value. `undefined` is not stored; `null` = nothing exists under the key.
   * @returns `true` = acknowledged; `false` = the cache is down
   * @throws InvalidCacheKeyError, InvalidCacheTtlError, InvalidCacheTagError, UncacheableValueError; on the embedded engine
   * CacheValueTooLargeError
   */
  set<T>(key: CacheKey<T>, value: T, options: CacheSetOptions = {}): Promise<boolean> {
    return this.#operations.set.runOrElse(false, this.#work.set, { ...options, key, value });
  }

  /**
   * Deletes a key, also for loads that are in progress: they give their callers the value and store nothing.
   * @returns `true` = acknowledged, whether it existed or not; `false` = the cache is down
   * @throws InvalidCacheKeyError
   */
  delete(key: string): Promise<boolean> {
    return this.#operations.delete.runOrElse(false, this.#work.delete, key);
  }

  /**
   * Ends the TTL of a key: the next load calls its factory, and the value may stand in, within its grace, if that fails or
   * is slow. Loads in progress store nothing.
   * @returns `true` = acknowledged, whether it existed or not; `false` = the cache is down
   * @throws InvalidCacheKeyError
   */
  expire(key: string): Promise<boolean> {
    return this.#operations.expire.runOrElse(false, this.#work.expire, key);
  }

  /**
   * The value of a key, or else what `factory` makes, which is stored. Concurrent calls for a key share one call of the
   * factory. `undefined` is not stored; `null` is remembered for `negativeTtl`. What is stored may stand in for a factory
   * that fails or is slow, for as long as the `grace` after its TTL.
   * @throws the factory's own error; `OperationTimeoutError` when it takes longer than the configured `factoryTimeout`;
   * CacheLoadCycleError when a factory asks for the key that it loads; InvalidCacheKeyError, InvalidCacheTtlError, InvalidCacheTagError, UncacheableValueError
   */
  getOrSet<T>(
    key: CacheKey<T>,
    factory: CacheFactory<T>,
    options: CacheLoadOptions = NO_OPTIONS,
  ): Promise<T> {
    if (options === NO_OPTIONS ? this.#isPlain : this.#arePlain(options)) {
      const value = this.#operations.getOrSet.peek(this.#work.glance, key);
      if (value !== undefined) return Promise.resolve(value as T);
    }
    return this.#getOrLoad(key, factory, options);
  }

  /**
   * As {@link getOrSet}, and says where the value came from and whether it may be out of date.
   * @example
   * const { value, source, stale } = await cache.lookupOrSet(key, load);
   * response.header('X-Cache', source === 'factory' ? 'miss' : stale ? 'stale' : 'hit');
   */
  async lookupOrSet<T>(
    key: CacheKey<T>,
    factory: CacheFactory<T>,
    options: CacheLoadOptions = NO_OPTIONS,
  ): Promise<CacheLoaded<T>> {
    const request = this.#requestOf(key, factory, options);
    const { lookupOrSet } = this.#operations;
    const reading = lookupOrSet.execute(this.#work.lookupForLoad, request);
    const found = await this.#orElse(undefined, lookupOrSet, reading);
    if (found !== undefined) return found as CacheLoaded<T>;
    const loaded = await this.#load(request, factory);
    const { source = 'factory', isStale: stale = false } = loaded ?? {};
    return { value: read(loaded) as T, source, stale };
  }

  /**
   * Everything that is known about a key.
   * @throws when the cache is down (`CacheUnavailableError`, `CircuitOpenError`); InvalidCacheKeyError
   */
  lookup<T = unknown>(key: CacheKey<T>): Promise<CacheLookup<T>> {
    return this.#operations.lookup.run(this.#work.lookup, key) as Promise<CacheLookup<T>>;
  }

  /**
   * As {@link set}, but throws when the cache is down, and after the application has closed it.
   * @returns `'applied'` = every configured tier has it; `'queued'` = this process has it, and as soon as the shared tier
   * can be reached, what it has under the key is invalidated. The embedded engine never gives it.
   */
  async put<T>(
    key: CacheKey<T>,
    value: T,
    options: CacheSetOptions = {},
  ): Promise<'applied' | 'queued'> {
    const put: Work<CacheSetEntry, unknown> = this.#work.set;
    const outcome = await this.#operations.put.run(put, { ...options, key, value });
    return outcome === QUEUED ? 'queued' : 'applied';
  }

  /** As {@link get} for several keys, in their order. Recorded as a hit when all were found. */
  async getMany<T = unknown>(keys: readonly CacheKey<T>[]): Promise<(T | null)[]> {
    const nothing: unknown[] = keys.map(() => undefined);
    const values = await this.#operations.getMany.runOrElse(nothing, this.#work.getMany, keys);
    return values.map((value) => (value ?? null) as T | null);
  }

  /** As {@link set} for several entries; with one invalid entry none is written. */
  setMany(entries: readonly CacheSetEntry[]): Promise<boolean> {
    return this.#operations.setMany.runOrElse(false, this.#work.setMany, entries);
  }

  /** As {@link delete} for several keys. */
  deleteMany(keys: readonly string[]): Promise<boolean> {
    return this.#operations.deleteMany.runOrElse(false, this.#work.deleteMany, keys);
  }

  /**
   * As {@link getOrSet} for several keys, in their order: one call of `factory` with the keys that are missing and that
   * nobody else is loading. A key that the factory leaves out is remembered as `null`.
   * @example
   * await cache.getOrSetMany(ids, async (missing) => (await find(missing)).map((user) => [user.id, user]));
   */
  async getOrSetMany<T>(
    keys: readonly CacheKey<T>[],
    factory: CacheBatchFactory<T>,
    options: CacheLoadOptions = NO_OPTIONS,
  ): Promise<(T | null)[]> {
    const request = new BatchLoadRequest(keys, options, this.#engine.flights);
    const ratio = options.eagerRefresh ?? this.#eagerRefresh;
    if (ratio !== false) {
      request.onFresh = (entries) => this.#eager.look(entries, ratio, { factory, options });
    }
    const nothing: unknown[] = keys.map(() => undefined);
    const { getOrSetMany } = this.#operations;
    const reading = getOrSetMany.execute(this.#work.getManyForLoad, request);
    const values = await this.#orElse(nothing, getOrSetMany, reading);
    const missing = [...new Set(keys.filter((_, index) => values[index] === undefined))];
    if (missing.length === 0) return values as (T | null)[];
    const { stale, landings, caller } = request;
    const order = { factory, options };
    const loaded = await this.#loader.load({ keys: missing, ...order, stale, landings, caller });
    return keys.map((key, index) => (values[index] ?? read(loaded.get(key)) ?? null) as T | null);
  }

  /**
   * Invalidates every entry that carries one of the tags, however many there are, and what is being loaded.
   * @throws InvalidCacheTagError
   */
  invalidateTags(...tags: string[]): Promise<boolean> {
    return this.#operations.invalidateTags.runOrElse(false, this.#work.invalidateTags, tags);
  }

  /** Removes everything, and what is being loaded. */
  clear(): Promise<boolean> {
    return this.#operations.clear.runOrElse(false, this.#work.clear, undefined);
  }

  /** The entry of a key as it stands, unrecorded; for fakes. @internal */
  protected inspect(key: string): CacheEntry | undefined {
    const entry = this.#engine.find(key);
    return isPromiseLike(entry) ? undefined : entry;
  }

  async #read<T>(key: CacheKey<T>): Promise<T | null> {
    const found = this.#operations.get.executeOrElse(undefined, this.#work.get, key);
    // Nothing is waited for where nothing has to be.
    const value = found instanceof Promise ? await found : found;
    return (value ?? null) as T | null;
  }

  /** Whether the options are right and ask for nothing on a hit. */
  #arePlain(options: CacheLoadOptions): boolean {
    const ratio = options.eagerRefresh ?? this.#eagerRefresh;
    return ratio === false && this.#engine.lives.accepts(options);
  }

  async #getOrLoad<T>(
    key: CacheKey<T>,
    factory: CacheFactory<T>,
    options: CacheLoadOptions,
  ): Promise<T> {
    const request = this.#requestOf(key, factory, options);
    const { getOrSet } = this.#operations;
    const reading = getOrSet.execute(this.#work.getForLoad, request);
    const found = await this.#orElse(undefined, getOrSet, reading);
    if (found !== undefined) return found as T;
    return read(await this.#load(request, factory)) as T;
  }

  #requestOf<T>(key: string, factory: CacheFactory<T>, options: CacheLoadOptions): LoadRequest {
    const request = new LoadRequest(key, options, this.#engine.flights);
    const ratio = options.eagerRefresh ?? this.#eagerRefresh;
    if (ratio !== false) this.#watch(request, ratio, factory);
    return request;
  }

  /** Apart from its caller, so that a hit pays for no closure where nothing is refreshed. */
  #watch<T>(request: LoadRequest, ratio: number, factory: CacheFactory<T>): void {
    const { key, options } = request;
    request.onFresh = (entry) => {
      this.#eager.look([[key, entry]], ratio, { factory: singleFactory(key, factory), options });
    };
  }

  async #load<T>(
    { key, options, landings, caller, stale }: LoadRequest,
    factory: CacheFactory<T>,
  ): Promise<LoadedValue | undefined> {
    const loaded = await this.#loader.load({
      keys: [key],
      factory: singleFactory(key, factory),
      options,
      landings,
      caller,
      stale: new Map(stale && [[key, stale]]),
    });
    return loaded.get(key);
  }

  /** A cache that cannot be read is not the caller's failure, whatever its error; the operation recorded it. */
  async #orElse<R>(nothing: R, operation: BoundOperation, reading: R | Promise<R>): Promise<R> {
    try {
      return await reading;
    } catch (error) {
      if (operation.classify(error).reason === 'validation') throw error;
      return nothing;
    }
  }
}

function read(loaded: LoadedValue | undefined): unknown {
  return loaded && readCachedValue(loaded.cached);
}
