import { isMainstayError, withDeadline } from 'nestjs-mainstay/common';
import { OperationTimeoutError } from 'nestjs-mainstay/resilience';
import type { BoundOperation } from 'nestjs-mainstay/resource';
import type { CacheBackend, CacheEngine } from '../cache-engine.js';
import type { CacheBatchFactory, CacheLoadOptions } from '../cache.options.js';
import type { EntryLife } from '../entry-life.js';
import type { Awaitable } from '../stores/awaitable.js';
import { toCachedValue, type CachedValue } from '../values/cached-value.js';
import type { Flight, Landing } from './flight.js';
import { LoadDecisions, type LoadSignal } from './load-decisions.js';
import { LoadLocks } from './load-locks.js';

/** Said where somebody has joined a load that took too long: it may have been its own factory. */
const MAY_WAIT_FOR_ITSELF =
  'If the factory, or what it calls, asks the cache for the key that it loads, it waits for itself: let it ask its source.';

/** The operations of a load. */
export interface LoadOperations {
  /** Runs the factory: bounded by its own time, never retried, and no concern of the cache's breaker. */
  readonly load: BoundOperation;
  /** As {@link load}, in the background: the work itself is bounded, by a timer that keeps no process alive. */
  readonly refresh: BoundOperation;
  /** Asks for the lock of a key. */
  readonly lock: BoundOperation;
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
  readonly #backend: CacheBackend;
  readonly #operations: LoadOperations;
  readonly #locks: LoadLocks;

  constructor(engine: CacheEngine, backend: CacheBackend, operations: LoadOperations) {
    this.#engine = engine;
    this.#backend = backend;
    this.#operations = operations;
    this.#locks = new LoadLocks(engine, backend, operations.lock);
  }

  /**
   * One load.
   * @throws the factory's own error; `OperationTimeoutError` when it takes too long
   */
  async run(flight: Flight, order: LoadOrder): Promise<Landing> {
    const { keys } = flight.plan;
    const isLocked = order.options.lock ?? this.#backend.config.lock;
    if (!isLocked) return this.#load(flight, order, keys);
    const turn = await this.#locks.take(flight.plan);
    try {
      // What is not stored is of no use to those who wait for the lock.
      flight.onFenced = () => turn.end();
      if (!this.#engine.flights.isAnyCurrent(flight)) turn.end();
      for (const [key, entry] of turn.found) flight.found.set(key, entry);
      const missing = keys.filter((key) => !turn.found.has(key));
      if (missing.length === 0) return turn.found;
      return new Map([...turn.found, ...(await this.#load(flight, order, missing))]);
    } finally {
      turn.end();
    }
  }

  /** Ends when the store has acknowledged what was made, or was given up. */
  async #load(flight: Flight, order: LoadOrder, keys: readonly string[]): Promise<Landing> {
    const loaded = await this.#callFactory(flight, order, keys);
    if (!loaded.decisions.isSkipped) await this.#storeQuietly(loaded, order.options);
    return loaded.values;
  }

  #callFactory(flight: Flight, order: LoadOrder, wanted: readonly string[]): Promise<Loaded> {
    const make = (keys: readonly string[], context: LoadSignal): Promise<Loaded> =>
      this.#make(flight, order, keys, context);
    const { clock, config, name } = this.#backend;
    const timeoutMs = config.factoryTimeout;
    if (flight.plan.isDue === undefined) {
      const startedAt = clock.now();
      const load = this.#operations.load.run(make, wanted);
      return load.catch((error: unknown) => {
        const isOver =
          isMainstayError(error, 'OPERATION_TIMEOUT') && clock.now() - startedAt >= timeoutMs;
        if (!isOver || !flight.isJoined) throw error;
        throw new OperationTimeoutError(`${name}.factory`, 'load', timeoutMs, MAY_WAIT_FOR_ITSELF);
      });
    }
    const onTimeout = (): Error =>
      new OperationTimeoutError(`${name}.factory`, 'refresh', timeoutMs);
    const deadline = { timeoutMs, onTimeout, background: true };
    return this.#operations.refresh.run(
      (keys: readonly string[]) =>
        withDeadline(clock, deadline, (signal) => make(keys, { signal })),
      wanted,
    );
  }

  async #make(
    flight: Flight,
    { factory, options }: LoadOrder,
    keys: readonly string[],
    context: LoadSignal,
  ): Promise<Loaded> {
    const decisions = new LoadDecisions(options, context, flight.plan.stale);
    const made = new Map(await this.#call(flight, () => factory(keys, decisions)));
    const values = new Map(
      keys.map((key) => [key, toCachedValue(made.has(key) ? made.get(key) : null)]),
    );
    return { flight, values, decisions };
  }

  /** As long as a factory has not given its promise, it is known that whoever asks is the factory. */
  #call<T>(flight: Flight, factory: () => T): T {
    const { flights } = this.#engine;
    const outer = flights.calling;
    flights.calling = flight;
    try {
      return factory();
    } finally {
      flights.calling = outer;
    }
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
