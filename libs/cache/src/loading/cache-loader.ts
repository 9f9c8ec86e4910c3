import type { BoundOperation } from 'nestjs-mainstay/resource';
import type { CacheEngine, EntryLife, LoadStart } from '../cache-engine.js';
import type { CacheBatchFactory, CacheLoadOptions } from '../cache.options.js';
import { toCachedValue, type CachedValue } from '../values/cached-value.js';
import type { Awaitable } from '../stores/awaitable.js';
import type { Landing } from './flights.js';
import { LoadDecisions } from './load-decisions.js';

/** The two operations of a load. */
export interface LoadOperations {
  /** Runs the factory: bounded by its own time, never retried, and no concern of the cache's breaker. */
  readonly load: BoundOperation;
  /** Writes what was loaded. */
  readonly store: BoundOperation;
}

/** What a factory brought and decided. */
interface Loaded {
  readonly values: Landing;
  readonly decisions: LoadDecisions;
}

interface StoreRequest {
  readonly loaded: Loaded;
  readonly options: CacheLoadOptions;
  readonly start: LoadStart;
  readonly isCurrent: (key: string) => boolean;
}

/** Loads what is not in the cache: at most one factory call per key at a time. */
export class CacheLoader {
  readonly #engine: CacheEngine;
  readonly #operations: LoadOperations;

  constructor(engine: CacheEngine, operations: LoadOperations) {
    this.#engine = engine;
    this.#operations = operations;
  }

  /** Loads that have ended; to be read before the cache is, see {@link load}. */
  get landings(): number {
    return this.#engine.flights.landings;
  }

  /**
   * The values of keys that were not found: from loads in progress, from one that has ended since the cache was read, or
   * from the factory.
   * @param landingsBefore {@link landings} before the cache was read
   * @throws the factory's own error; `OperationTimeoutError` when it takes too long
   */
  async load(
    keys: readonly string[],
    factory: CacheBatchFactory<unknown>,
    options: CacheLoadOptions,
    landingsBefore: number,
  ): Promise<Landing> {
    const found = new Map<string, CachedValue>();
    if (this.landings !== landingsBefore) await this.#findAgain(keys, found);
    const joined = this.#join(keys, found);
    const missing = keys.filter((key) => !found.has(key) && !joined.has(key));
    const own = missing.length > 0 ? this.#launch(missing, factory, options) : undefined;
    for (const [key, landing] of joined) found.set(key, valueOf(await landing, key));
    for (const [key, value] of (await own) ?? []) found.set(key, value);
    return found;
  }

  async #findAgain(keys: readonly string[], found: Map<string, CachedValue>): Promise<void> {
    const landed = keys.filter((key) => !this.#engine.flights.find(key));
    try {
      const entries = await this.#engine.findMany(landed, { hasAlternative: true });
      for (const [index, entry] of entries.entries()) {
        if (entry) found.set(landed[index] as string, entry);
      }
    } catch {
      // The read before was recorded; now only the factory counts.
    }
  }

  #join(keys: readonly string[], found: Landing): Map<string, Promise<Landing>> {
    const joined = new Map<string, Promise<Landing>>();
    for (const key of keys) {
      const flight = found.has(key) ? undefined : this.#engine.flights.find(key);
      if (flight) joined.set(key, flight.landing);
    }
    return joined;
  }

  #launch(
    keys: readonly string[],
    factory: CacheBatchFactory<unknown>,
    options: CacheLoadOptions,
  ): Promise<Landing> {
    const start = this.#engine.startLoad();
    const flight = this.#engine.flights.launch(keys, start.order, async (isCurrent) => {
      const loaded = await this.#callFactory(keys, factory, options);
      if (!loaded.decisions.isSkipped) {
        await this.#storeQuietly({ loaded, options, start, isCurrent });
      }
      return loaded.values;
    });
    return flight.landing;
  }

  #callFactory(
    keys: readonly string[],
    factory: CacheBatchFactory<unknown>,
    options: CacheLoadOptions,
  ): Promise<Loaded> {
    return this.#operations.load.run(async (missing: readonly string[], operation) => {
      const decisions = new LoadDecisions(options, operation);
      const made = new Map(await factory(missing, decisions));
      const values = new Map(
        missing.map((key) => [key, toCachedValue(made.has(key) ? made.get(key) : null)]),
      );
      return { values, decisions };
    }, keys);
  }

  /** A cache that cannot store is not the caller's failure: the operation recorded it, the value is there. */
  async #storeQuietly(request: StoreRequest): Promise<void> {
    try {
      await this.#operations.store.run((stored: StoreRequest) => this.#store(stored), request);
    } catch (error) {
      if (this.#operations.store.classify(error).reason === 'validation') throw error;
    }
  }

  #store({ loaded, options, start, isCurrent }: StoreRequest): Awaitable<unknown> {
    const current = [...loaded.values].filter(([key]) => isCurrent(key));
    const writes = current.map(([key, cached]) => ({
      key,
      cached,
      life: this.#lifeOf(cached, loaded.decisions, options),
    }));
    return this.#engine.setLoaded(writes, start);
  }

  #lifeOf(value: CachedValue, decisions: LoadDecisions, options: CacheLoadOptions): EntryLife {
    const { ttlMs, tags } = decisions;
    const life = this.#engine.lifeOfLoaded(value.data, { ...options, tags });
    return ttlMs === undefined ? life : { ttlMs, tags: life.tags };
  }
}

function valueOf(landing: Landing, key: string): CachedValue {
  return landing.get(key) ?? { data: undefined, isFrozen: true };
}
