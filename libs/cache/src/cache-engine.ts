import type { Clock } from 'nestjs-mainstay/common';
import { CacheCounts } from './cache-counts.js';
import type { CacheConfig } from './cache.config.js';
import type { CacheSetEntry } from './cache.options.js';
import { EntryLives, type EntryLife } from './entry-life.js';
import type { Invalidation } from './invalidation.js';
import { Invalidations } from './invalidations.js';
import { checkKey, checkTags } from './keys/check-key.js';
import type { LoadStart } from './loading/flight.js';
import { Flights } from './loading/flights.js';
import { LoadBackoffs } from './loading/load-backoffs.js';
import { allAwaitable, mapAwaitable, type Awaitable } from './stores/awaitable.js';
import type { CacheEntry, CacheStore, KeyedEntry, ReadOptions } from './stores/cache-store.js';
import { jitterTtl } from './ttl.js';
import { toCachedValue, type CachedValue } from './values/cached-value.js';

/** What a cache works with. */
export interface CacheBackend {
  /** Name of the cache: `'cache'`, `'cache:sessions'`. */
  readonly name: string;
  readonly config: CacheConfig;
  readonly clock: Clock;
  /** @throws CacheUnavailableError while there is none */
  readonly store: CacheStore;
  /** Where hits and joined loads are counted. @default nowhere */
  readonly counts?: CacheCounts;
  /** Whether the store keeps copies that answer when it cannot be asked. @default false */
  readonly hasFallback?: boolean;
  /** Whether nothing is ever sent any more: the application has ended. @default false */
  readonly isClosed?: boolean;
  /** The order of writes and invalidations, where the store has to know it. @default one of its own */
  readonly invalidations?: Invalidations;
  /** Calls `listener` with what other instances have invalidated. @default there are none */
  whenInvalidated?(listener: (what: Invalidation) => void): void;
}

/** A write that was found valid. */
export interface PreparedWrite {
  readonly key: string;
  readonly cached: CachedValue;
  readonly life: EntryLife;
}

/** The rules of one cache between its public operations and its store: keys, lives, versions, fences. */
export class CacheEngine {
  readonly flights = new Flights();
  readonly lives: EntryLives;
  readonly backoffs: LoadBackoffs;
  readonly counts: CacheCounts;
  readonly #backend: CacheBackend;
  readonly #invalidations: Invalidations;

  constructor(backend: CacheBackend) {
    this.#backend = backend;
    this.lives = new EntryLives(backend.config);
    this.backoffs = new LoadBackoffs(backend.clock, backend.config.graceBackoff);
    this.counts = backend.counts ?? new CacheCounts();
    this.#invalidations = backend.invalidations ?? new Invalidations();
    backend.whenInvalidated?.((what) => this.#fenceLoads(what));
  }

  /**
   * The value of a key for a reader, where it is known at once that it is fresh; `undefined`: {@link read} has to tell.
   * @param now the present time of the clock
   * @throws InvalidCacheKeyError
   */
  findFresh(key: string, now: number): unknown {
    checkKey(key);
    return this.#backend.store.getFresh?.(key, now, this.#invalidations);
  }

  /** The entry of a key as it is in the store, fresh or not. @throws InvalidCacheKeyError */
  read(key: string, options?: ReadOptions): Awaitable<CacheEntry | undefined> {
    checkKey(key);
    return this.#backend.store.get(key, options);
  }

  /** As {@link read} for several keys, in their order. */
  readMany(
    keys: readonly string[],
    options?: ReadOptions,
  ): Awaitable<readonly (CacheEntry | undefined)[]> {
    const { store } = this.#backend;
    for (const key of keys) checkKey(key);
    if (store.getMany) return store.getMany(keys, options);
    return allAwaitable(keys.map((key) => store.get(key, options)));
  }

  /** The entry of a key, if it is fresh. @throws InvalidCacheKeyError */
  find(key: string, options?: ReadOptions): Awaitable<CacheEntry | undefined> {
    return mapAwaitable(this.read(key, options), this.#fresh);
  }

  /** As {@link find} for several keys, in their order. */
  findMany(
    keys: readonly string[],
    options?: ReadOptions,
  ): Awaitable<readonly (CacheEntry | undefined)[]> {
    return mapAwaitable(this.readMany(keys, options), (entries) => entries.map(this.#fresh));
  }

  /** A copy in this process, for when the store cannot be read: it may have been replaced elsewhere. */
  copyOf(key: string): CacheEntry | undefined {
    return this.#backend.store.getStale?.(key);
  }

  /** Whether an entry is within its TTL and was not invalidated. */
  isFresh(entry: CacheEntry): boolean {
    return (
      entry.expiresAt > this.#backend.clock.now() &&
      this.#invalidations.isValid(entry.order, entry.tags)
    );
  }

  /** Whether an entry is fresh, or may stand in where nothing fresh can be had. */
  isUsable(entry: CacheEntry): boolean {
    return (
      entry.staleUntil > this.#backend.clock.now() &&
      this.#invalidations.isValid(entry.order, entry.tags)
    );
  }

  /**
   * Checks and copies what is to be written, and writes nothing yet.
   * @throws InvalidCacheKeyError, InvalidCacheTtlError, InvalidCacheTagError, UncacheableValueError
   */
  prepare({ key, value, ...options }: CacheSetEntry): PreparedWrite {
    checkKey(key);
    return { key, cached: toCachedValue(value), life: this.lives.ofWritten(value, options) };
  }

  /** Writes a value now. `undefined` and a TTL of 0 are not stored; what was there before goes all the same. */
  write(write: PreparedWrite): Awaitable<void> {
    const { key, cached, life } = write;
    this.flights.fence(key);
    if (!isStored(write)) return this.#backend.store.delete(key);
    return this.#backend.store.set(key, this.#written(cached, life));
  }

  /** As {@link write} for several values; of two for one key the later counts. */
  writeMany(writes: readonly PreparedWrite[]): Awaitable<unknown> {
    const { store } = this.#backend;
    if (!store.setMany || !store.deleteMany) {
      return allAwaitable(writes.map((write) => this.write(write)));
    }
    const latest = [...new Map(writes.map((write) => [write.key, write])).values()];
    for (const { key } of latest) this.flights.fence(key);
    const kept = latest.filter(isStored);
    const dropped = latest.filter((write) => !isStored(write)).map(({ key }) => key);
    const entries = kept.map(({ key, cached, life }): KeyedEntry => {
      return [key, this.#written(cached, life)];
    });
    return allAwaitable([
      kept.length > 0 ? store.setMany(entries) : undefined,
      dropped.length > 0 ? store.deleteMany(dropped) : undefined,
    ]);
  }

  /** Stores loaded values, but for those that were invalidated since their load began. */
  setLoaded(writes: readonly PreparedWrite[], { order, asOf }: LoadStart): Awaitable<unknown> {
    const { store, clock } = this.#backend;
    const entries = writes
      .filter((write) => isStored(write) && this.#invalidations.isValid(order, write.life.tags))
      .map(({ key, cached, life }): KeyedEntry => {
        const ttlMs = jitterTtl(life.ttlMs, clock.random());
        return [key, this.#entry(cached, { ...life, ttlMs }, { order, asOf })];
      });
    if (entries.length === 0) return undefined;
    if (store.setLoaded) return store.setLoaded(entries);
    return allAwaitable(entries.map(([key, entry]) => store.set(key, entry)));
  }

  /** @throws InvalidCacheKeyError */
  delete(key: string): Awaitable<void> {
    checkKey(key);
    this.flights.fence(key);
    return this.#backend.store.delete(key);
  }

  /** Ends the TTL of a key, and keeps what grace it has. @throws InvalidCacheKeyError */
  expire(key: string): Awaitable<void> {
    checkKey(key);
    const { store } = this.#backend;
    this.flights.fence(key);
    this.backoffs.end(key);
    return store.expire ? store.expire(key) : store.delete(key);
  }

  /** As {@link delete} for several keys, all of which are checked first. */
  deleteMany(keys: readonly string[]): Awaitable<unknown> {
    for (const key of keys) checkKey(key);
    const { store } = this.#backend;
    for (const key of keys) this.flights.fence(key);
    if (store.deleteMany) return store.deleteMany(keys);
    return allAwaitable(keys.map((key) => store.delete(key)));
  }

  /** Invalidates everything, loads in progress included. */
  clear(): Awaitable<void> {
    this.#invalidations.clear();
    this.flights.fenceAll();
    return this.#backend.store.clear();
  }

  /** Invalidates what carries one of the tags, loads in progress included. @throws InvalidCacheTagError */
  invalidateTags(tags: readonly string[]): Awaitable<void> {
    checkTags(tags);
    // Asked for first: while there is no store, nothing is acknowledged.
    const { store } = this.#backend;
    this.#invalidations.invalidate(tags);
    this.flights.closeBefore(this.#invalidations.next());
    return store.invalidateTags?.(tags);
  }

  /** A load begins now. */
  startLoad(): LoadStart {
    return { order: this.#invalidations.next(), asOf: this.#backend.clock.now() };
  }

  /** Another instance has invalidated something: what is being loaded must not be stored. */
  #fenceLoads(what: Invalidation): void {
    if (what === 'everything') this.flights.fenceAll();
    else if ('tags' in what) this.flights.closeBefore(this.#invalidations.next());
    else for (const key of 'keys' in what ? what.keys : what.expired) this.flights.fence(key);
  }

  readonly #fresh = (entry: CacheEntry | undefined): CacheEntry | undefined =>
    entry !== undefined && this.isFresh(entry) ? entry : undefined;

  #written(cached: CachedValue, life: EntryLife): CacheEntry {
    return this.#entry(cached, life, this.startLoad());
  }

  #entry(
    { data, isFrozen }: CachedValue,
    { ttlMs, graceMs, tags }: EntryLife,
    { order, asOf }: LoadStart,
  ): CacheEntry {
    const createdAt = this.#backend.clock.now();
    const expiresAt = createdAt + ttlMs;
    const staleUntil = expiresAt + graceMs;
    return { data, isFrozen, createdAt, asOf, expiresAt, staleUntil, order, tags };
  }
}

function isStored({ cached, life }: PreparedWrite): boolean {
  return cached.data !== undefined && life.ttlMs !== 0;
}
