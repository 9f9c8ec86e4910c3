import type { CacheEntry, CacheStore, KeyedEntry, StoreCheck } from '../stores/cache-store.js';

/** A store that instances share. */
export interface SharedStore extends CacheStore {
  get(key: string): PromiseLike<CacheEntry | undefined>;
  getMany(keys: readonly string[]): PromiseLike<readonly (CacheEntry | undefined)[]>;
  setMany(entries: readonly KeyedEntry[]): PromiseLike<void>;
  deleteMany(keys: readonly string[]): PromiseLike<void>;
  invalidateTags(tags: readonly string[]): PromiseLike<void>;
  clear(): PromiseLike<void>;
  check(): PromiseLike<StoreCheck>;
}

/** What is known of the way to a {@link SharedStore}. */
export interface SharedLink {
  readonly isUp: boolean;
  /** Since when nothing was heard, as a time of the clock; now, while nothing is owed. */
  readonly silentSince: number;
  /** Calls `listener` whenever the way is open again. */
  whenUp(listener: () => void): void;
}
