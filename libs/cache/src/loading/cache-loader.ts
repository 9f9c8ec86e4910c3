import type { CacheBackend, CacheEngine } from '../cache-engine.js';
import { CacheLoadCycleError } from '../cache.errors.js';
import type { CacheSource } from '../cache.options.js';
import { parseTtl } from '../ttl.js';
import type { CachedValue } from '../values/cached-value.js';
import type { CacheEntry } from '../stores/cache-store.js';
import type { Flight, FlightPlan, Landing, StaleEntries } from './flight.js';
import { LoadRun, type LoadOperations, type LoadOrder } from './load-run.js';

/** Why a source refuses what it is asked: it has answered, and no older value is right in its place. */
const ANSWERS: ReadonlySet<string | undefined> = new Set(['validation', 'not-found', 'conflict']);

/** What is to be loaded: keys that have no fresh value. */
export interface MissingValues extends LoadOrder {
  readonly keys: readonly string[];
  /** What the keys have meanwhile. */
  readonly stale: StaleEntries;
  /** Loads that had ended before the cache was read. */
  readonly landings: number;
  /** The load whose factory asks for them, where that is known. */
  readonly caller: Flight | undefined;
}

/** The value of a key, and how it was come by. */
export interface LoadedValue {
  readonly cached: CachedValue;
  /** Whether it stands in for one that could not be loaded in time. */
  readonly isStale: boolean;
  /** Where it came from: `l2` where another instance has loaded it meanwhile. */
  readonly source: CacheSource | 'factory';
}

/** Loads what is not in the cache: at most one factory call per key at a time. */
export class CacheLoader {
  readonly #engine: CacheEngine;
  readonly #backend: CacheBackend;
  readonly #operations: LoadOperations;
  readonly #run: LoadRun;

  constructor(engine: CacheEngine, backend: CacheBackend, operations: LoadOperations) {
    this.#engine = engine;
    this.#backend = backend;
    this.#operations = operations;
    this.#run = new LoadRun(engine, backend, operations);
  }

  /**
   * The values of keys that were not found: from loads in progress, from one that has ended since the cache was read, or
   * from the factory; a stale one where that fails or is slow, or has failed just now.
   * @throws the factory's own error; `OperationTimeoutError` when it takes too long
   */
  async load(missing: MissingValues): Promise<ReadonlyMap<string, LoadedValue>> {
    const found = new Map<string, LoadedValue>();
    for (const key of missing.keys) {
      const stale = this.#engine.backoffs.isActive(key) ? missing.stale.get(key) : undefined;
      if (stale && this.#engine.isUsable(stale)) found.set(key, await this.#standIn(stale));
    }
    if (this.#engine.flights.landings !== missing.landings)
      await this.#findAgain(missing.keys, found);
    const flights = this.#fly(missing, found);
    for (const [key, flight] of flights) {
      found.set(key, await this.#wait(key, flight, this.#softTimeoutOf(missing)));
    }
    return found;
  }

  /**
   * Loads keys anew that have fresh values, in the background: nobody waits for it, and it keeps no process alive.
   * @param isDue whether an entry is to be replaced
   */
  refresh(
    entries: StaleEntries,
    isDue: (entry: CacheEntry) => boolean,
    order: LoadOrder,
  ): Promise<unknown> {
    return this.#launch([...entries.keys()], { ...order, stale: entries }, isDue).landing;
  }

  async #findAgain(keys: readonly string[], found: Map<string, LoadedValue>): Promise<void> {
    const landed = keys.filter((key) => !found.has(key) && !this.#engine.flights.find(key));
    try {
      const entries = await this.#engine.findMany(landed, { hasAlternative: true });
      for (const [index, entry] of entries.entries()) {
        if (entry) found.set(landed[index] as string, fresh(entry));
      }
    } catch {
      // The read before was recorded; now only the factory counts.
    }
  }

  /** The flights of what was not found, of which at most one is new. */
  #fly(
    missing: MissingValues,
    found: ReadonlyMap<string, LoadedValue>,
  ): ReadonlyMap<string, Flight> {
    const flights = new Map<string, Flight>();
    const own: string[] = [];
    for (const key of missing.keys.filter((wanted) => !found.has(wanted))) {
      const flight = this.#engine.flights.find(key);
      if (flight === undefined) {
        own.push(key);
        continue;
      }
      if (flight === missing.caller) throw new CacheLoadCycleError(this.#backend.name);
      flight.isJoined = true;
      flights.set(key, flight);
    }
    this.#engine.counts.coalesced += flights.size;
    if (own.length === 0) return flights;
    const launched = this.#launch(own, missing);
    for (const key of own) flights.set(key, launched);
    return flights;
  }

  #launch(
    keys: readonly string[],
    { stale, ...order }: LoadOrder & Pick<MissingValues, 'stale'>,
    isDue?: FlightPlan['isDue'],
  ): Flight {
    const entries = [...stale].filter(
      ([key, entry]) => keys.includes(key) && this.#engine.isUsable(entry),
    );
    const plan = { keys, start: this.#engine.startLoad(), stale: new Map(entries), isDue };
    return this.#engine.flights.launch(plan, async (flight) => {
      try {
        // Who has found the old value is not to wait for the factory's first steps either.
        if (isDue) await this.#backend.clock.yield();
        const landing = await this.#run.run(flight, order);
        for (const key of keys) this.#engine.backoffs.end(key);
        return landing;
      } catch (error) {
        this.#fallBack(flight, error);
        throw error;
      }
    });
  }

  /** What the keys of a failed load had stands in, unless it was invalidated, or the source has refused. */
  #fallBack(flight: Flight, error: unknown): void {
    if (ANSWERS.has(this.#operations.load.classify(error).reason)) return;
    for (const [key, entry] of flight.plan.stale) {
      if (!this.#mayStandIn(key, entry, flight)) continue;
      flight.standIns.set(key, entry);
      this.#engine.backoffs.begin(key);
    }
  }

  async #wait(key: string, flight: Flight, softTimeoutMs: number): Promise<LoadedValue> {
    const stale = flight.plan.stale.get(key);
    if (stale && softTimeoutMs !== Infinity) {
      const isSlow = await flight.isSlow(softTimeoutMs, this.#backend.clock);
      if (isSlow && this.#mayStandIn(key, stale, flight)) return this.#standIn(stale);
    }
    try {
      const landing = await flight.landing;
      return fresh(valueOf(landing, key), flight.found.has(key) ? 'l2' : 'factory');
    } catch (error) {
      const standIn = flight.standIns.get(key);
      if (standIn === undefined) throw error;
      return this.#standIn(standIn);
    }
  }

  #mayStandIn(key: string, entry: CacheEntry, flight: Flight): boolean {
    return this.#engine.flights.isCurrent(key, flight) && this.#engine.isUsable(entry);
  }

  async #standIn(entry: CacheEntry): Promise<LoadedValue> {
    await this.#operations.stale.execute(identity, entry);
    this.#engine.counts.hits.stale++;
    return { cached: entry, isStale: true, source: 'l1' };
  }

  #softTimeoutOf({ options: { factorySoftTimeout } }: MissingValues): number {
    if (factorySoftTimeout !== undefined) return parseTtl(factorySoftTimeout);
    return this.#backend.config.factorySoftTimeout;
  }
}

function fresh(cached: CachedValue, source: LoadedValue['source'] = 'factory'): LoadedValue {
  return { cached, isStale: false, source };
}

function valueOf(landing: Landing, key: string): CachedValue {
  return landing.get(key) ?? { data: undefined, isFrozen: true };
}

function identity(entry: CacheEntry): CacheEntry {
  return entry;
}
