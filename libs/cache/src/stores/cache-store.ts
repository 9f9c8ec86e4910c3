import type { CachedValue } from '../values/cached-value.js';
import type { Awaitable } from './awaitable.js';
import type { LoadLock } from './load-lock.js';

/** One entry of a {@link CacheStore}. */
export interface CacheEntry extends CachedValue {
  /** When it was written, as a time of `Clock.now()`. */
  readonly createdAt: number;
  /** As of when the value is right, as a time of `Clock.now()`: of a loaded value when its load began. */
  readonly asOf: number;
  /** When it ceases to be fresh, as a time of `Clock.now()`; `Infinity` = never. */
  readonly expiresAt: number;
  /** When it is gone, also as a stale value, as a time of `Clock.now()`; never before `expiresAt`. */
  readonly staleUntil: number;
  /** Order of the write among writes and invalidations of this process; of a loaded value the order of its load's start. */
  readonly order: number;
  /** What invalidates it beside its key; `undefined` for an untagged entry, which pays nothing. */
  readonly tags: readonly string[] | undefined;
}

/** What judges an entry by its order: whether nothing has invalidated it. */
export interface EntryJudge {
  isValid(order: number, tags: readonly string[] | undefined): boolean;
}

/** A key and what is written under it. */
export type KeyedEntry = readonly [key: string, entry: CacheEntry];

/** What a store found out about itself by a real round trip. */
export interface StoreCheck {
  readonly read: boolean;
  readonly write: boolean;
}

/** What a read may say beside its key. */
export interface ReadOptions {
  /** `true`: the caller has another way to come by the value, so that it does not pay to wait long. @default false */
  readonly hasAlternative?: boolean;
  /** Whether the caller will join a load of a key that is under way, so that others need not be asked. @default it will not */
  readonly isLoading?: (key: string) => boolean;
}

/**
 * Where entries are kept. A store gives an entry back as it was written until its `staleUntil`, until it is deleted, or
 * until it has to make room; it judges neither tags nor freshness.
 */
export interface CacheStore {
  /** The entry of a key, unless it is gone. */
  get(key: string, options?: ReadOptions): Awaitable<CacheEntry | undefined>;
  /**
   * The value of a key for a reader, where it is known at once that it is fresh and that `judge` finds it valid. It spares
   * a hit everything but that.
   * @param now the present time of the clock
   * @returns `undefined`: {@link get} has to tell
   * @default `undefined`
   */
  getFresh?(key: string, now: number, judge: EntryJudge): unknown;
  /** As {@link get} for several keys, in their order. @default `get` for each */
  getMany?(
    keys: readonly string[],
    options?: ReadOptions,
  ): Awaitable<readonly (CacheEntry | undefined)[]>;
  /** Writes an entry in place of any other of the key. */
  set(key: string, entry: CacheEntry): Awaitable<void>;
  /** As {@link set} for several entries. @default `set` for each */
  setMany?(entries: readonly KeyedEntry[]): Awaitable<void>;
  /**
   * As {@link setMany}, for what a factory made: nothing older is replaced by it, and its callers do not wait long.
   * @default `set` for each
   */
  setLoaded?(entries: readonly KeyedEntry[]): Awaitable<void>;
  /** A copy that may be out of date, for when {@link get} fails. @default none */
  getStale?(key: string): CacheEntry | undefined;
  /**
   * Makes the entries of other instances invalid that carry one of the tags; this one's are judged by its own order.
   * @default nothing: there are no other instances
   */
  invalidateTags?(tags: readonly string[]): Awaitable<void>;
  /**
   * Takes the lock of a key, so that no other instance loads it meanwhile.
   * @param lifeMs when it ends by itself, in milliseconds
   * @returns `undefined`: another has it
   * @default none: there are no other instances
   */
  lock?(key: string, lifeMs: number): Awaitable<LoadLock | undefined>;
  /** Removes the entry of a key, if there is one. */
  delete(key: string): Awaitable<void>;
  /**
   * Ends the time in which the entry of a key is fresh; it may still stand in until its `staleUntil`.
   * @default `delete`
   */
  expire?(key: string): Awaitable<void>;
  /** As {@link delete} for several keys. @default `delete` for each */
  deleteMany?(keys: readonly string[]): Awaitable<void>;
  /** Removes all entries, in a time that does not depend on how many there are. */
  clear(): Awaitable<void>;
  /** Writes, reads back and deletes a sentinel, without displacing an entry. */
  check(signal?: AbortSignal): Awaitable<StoreCheck>;
  /** How many entries it holds, expired ones included that were not met since; `undefined` when it cannot tell. */
  readonly size: number | undefined;
}
