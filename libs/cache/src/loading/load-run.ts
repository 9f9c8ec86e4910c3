import type { BoundOperation } from 'nestjs-mainstay/resource';
import type { CacheEngine } from '../cache-engine.js';
import type { CacheBatchFactory, CacheLoadOptions } from '../cache.options.js';
import type { EntryLife } from '../entry-life.js';
import type { Awaitable } from '../stores/awaitable.js';
import { toCachedValue, type CachedValue } from '../values/cached-value.js';
import type { Flight, Landing } from './flight.js';
import { LoadDecisions } from './load-decisions.js';

/** The operations of a load. */
export interface LoadOperations {
  /** Runs the factory: bounded by its own time, never retried, and no concern of the cache's breaker. */
  readonly load: BoundOperation;
  /** Writes what was loaded. */
  readonly store: BoundOperation;
  /** A stale value stands in for what was to be loaded. */
  readonly stale: BoundOperation;
}

/** Who makes the values of a load, and what its caller says about them. */
export interface LoadOrder {
  readonly factory: CacheBatchFactory<unknown>;
  readonly options: CacheLoadOptions;
}

/** What a factory brought and decided. */
interface Loaded {
  readonly flight: Flight;
  readonly values: Landing;
  readonly decisions: LoadDecisions;
}

/** Calls factories, and stores what they make. */
export class LoadRun {
  readonly #engine: CacheEngine;
  readonly #operations: LoadOperations;

  constructor(engine: CacheEngine, operations: LoadOperations) {
    this.#engine = engine;
    this.#operations = operations;
  }

  /**
   * One load.
   * @throws the factory's own error; `OperationTimeoutError` when it takes too long
   */
  async run(flight: Flight, order: LoadOrder): Promise<Landing> {
    const loaded = await this.#callFactory(flight, order);
    if (!loaded.decisions.isSkipped) await this.#storeQuietly(loaded, order.options);
    return loaded.values;
  }

  #callFactory(flight: Flight, { factory, options }: LoadOrder): Promise<Loaded> {
    return this.#operations.load.run(async ({ keys, stale }: Flight['plan'], operation) => {
      const decisions = new LoadDecisions(options, operation, stale);
      const made = new Map(await factory(keys, decisions));
      const values = new Map(
        keys.map((key) => [key, toCachedValue(made.has(key) ? made.get(key) : null)]),
      );
      return { flight, values, decisions };
    }, flight.plan);
  }

  /** A cache that cannot store is not the caller's failure: the operation recorded it, the value is there. */
  async #storeQuietly(loaded: Loaded, options: CacheLoadOptions): Promise<void> {
    try {
      await this.#operations.store.run((stored: Loaded) => this.#store(stored, options), loaded);
    } catch (error) {
      if (this.#operations.store.classify(error).reason === 'validation') throw error;
    }
  }

  #store({ flight, values, decisions }: Loaded, options: CacheLoadOptions): Awaitable<unknown> {
    const { flights } = this.#engine;
    const current = [...values].filter(([key]) => flights.isCurrent(key, flight));
    const writes = current.map(([key, cached]) => ({
      key,
      cached,
      life: this.#lifeOf(cached, decisions, options),
    }));
    return this.#engine.setLoaded(writes, flight.plan.start);
  }

  #lifeOf(value: CachedValue, decisions: LoadDecisions, options: CacheLoadOptions): EntryLife {
    const { ttlMs, tags } = decisions;
    const life = this.#engine.lives.ofLoaded(value.data, { ...options, tags });
    return ttlMs === undefined ? life : { ...life, ttlMs };
  }
}
