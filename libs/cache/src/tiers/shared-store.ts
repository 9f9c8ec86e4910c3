import type { CacheEntry, CacheStore } from '../stores/cache-store.js';

/** A store that instances share. */
export interface SharedStore extends CacheStore {
  get(key: string): PromiseLike<CacheEntry | undefined>;
  set(key: string, entry: CacheEntry): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
  /** Removes the entries of several keys. */
  deleteAll(keys: readonly string[]): PromiseLike<void>;
  /** Makes the entries of all instances invalid that carry one of the tags. */
  invalidateTags(tags: readonly string[]): PromiseLike<void>;
  clear(): PromiseLike<void>;
}

/** What is known of the way to a {@link SharedStore}. */
export interface SharedLink {
  readonly isUp: boolean;
  /** Since when nothing was heard, as a time of the clock; now, while nothing is owed. */
  readonly silentSince: number;
  /** Calls `listener` whenever the way is open again. */
  whenUp(listener: () => void): void;
}
