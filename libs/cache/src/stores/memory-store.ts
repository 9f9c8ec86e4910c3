import type { Clock } from 'nestjs-mainstay/common';
import { CacheValueTooLargeError } from '../cache.errors.js';
import type { CacheEntry, CacheStore, EntryJudge, KeyedEntry, StoreCheck } from './cache-store.js';
import { sizeOfEntry } from './entry-size.js';
import { EntryTable, NO_SLOT } from './entry-table.js';

/** Entries when no other bound is given. */
const DEFAULT_MAX_ENTRIES = 10_000;

/** No key of a user begins so by chance. */
const SENTINEL = '\u0000mainstay:sentinel';

/**
 * The embedded store: entries in the memory of the process, bounded; the one that was not used for longest makes room.
 * It has no timers: an expired entry goes when it is met, or when it is the one to make room.
 */
export class MemoryStore implements CacheStore {
  /** Entries that had to make room, by the bound that was reached. */
  readonly evictions = { entries: 0, bytes: 0 };
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #maxEntries: number;
  #table: EntryTable;

  /**
   * @param maxEntries bound; @default 10000
   * @param maxBytes bound of the sizes of all entries, as {@link sizeOfEntry} estimates them; @default none, and nothing
   * is estimated
   */
  constructor(clock: Clock, maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = Infinity) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#table = this.#empty();
  }

  get size(): number {
    return this.#table.size;
  }

  /** How many entries it takes. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  /** The sizes of all entries; 0 where they have no bound. */
  get bytes(): number {
    return this.#table.bytes;
  }

  get(key: string): CacheEntry | undefined {
    const table = this.#table;
    const slot = table.find(key);
    if (slot === NO_SLOT) return undefined;
    if (table.staleUntil(slot) <= this.#clock.now()) {
      table.remove(slot);
      return undefined;
    }
    table.touch(slot);
    return table.entryAt(slot);
  }

  /** @param after entries of this order and before are not given */
  getFresh(key: string, now: number, judge: EntryJudge, after = 0): unknown {
    const table = this.#table;
    const slot = table.find(key);
    if (slot === NO_SLOT || table.expiresAt(slot) <= now) return undefined;
    const order = table.orderAt(slot);
    if (order <= after || !judge.isValid(order, table.tagsAt(slot))) return undefined;
    table.touch(slot);
    return table.valueAt(slot);
  }

  /** @throws CacheValueTooLargeError when the entry is larger than all together may be: the key then has none */
  set(key: string, entry: CacheEntry): void {
    if (!this.keep(key, entry)) throw new CacheValueTooLargeError(this.#maxBytes);
  }

  /** What is too large keeps nothing else of what was loaded with it from being kept. */
  setLoaded(entries: readonly KeyedEntry[]): void {
    const refused = entries.filter(([key, entry]) => !this.keep(key, entry));
    if (refused.length > 0) throw new CacheValueTooLargeError(this.#maxBytes);
  }

  /** As {@link set}. @returns `false` where that throws */
  keep(key: string, entry: CacheEntry): boolean {
    const bytes = this.#maxBytes === Infinity ? 0 : sizeOfEntry(key, entry);
    if (bytes > this.#maxBytes) {
      this.delete(key);
      return false;
    }
    this.#table.put(key, entry, bytes);
    this.#makeRoom();
    return true;
  }

  delete(key: string): void {
    const slot = this.#table.find(key);
    if (slot !== NO_SLOT) this.#table.remove(slot);
  }

  expire(key: string): void {
    const table = this.#table;
    const slot = table.find(key);
    if (slot === NO_SLOT) return;
    const expiresAt = table.expiresAt(slot);
    // What never has a time in which it is stale has nothing left.
    if (table.staleUntil(slot) <= expiresAt) table.remove(slot);
    else table.setExpiresAt(slot, Math.min(expiresAt, this.#clock.now()));
  }

  clear(): void {
    this.#table = this.#empty();
  }

  /** Changes the bound; what no longer fits goes, longest unused first. */
  resize(maxEntries: number): void {
    this.#maxEntries = maxEntries;
    this.#table.expect(maxEntries + 1);
    this.#makeRoom();
  }

  check(): StoreCheck {
    const now = this.#clock.now();
    this.#table.put(SENTINEL, {
      data: now,
      isFrozen: true,
      createdAt: now,
      asOf: now,
      expiresAt: Infinity,
      staleUntil: Infinity,
      order: 0,
      tags: undefined,
    });
    const read = this.get(SENTINEL)?.data === now;
    this.delete(SENTINEL);
    return { read, write: read && this.get(SENTINEL) === undefined };
  }

  #makeRoom(): void {
    const table = this.#table;
    while (table.size > this.#maxEntries || table.bytes > this.#maxBytes) {
      this.evictions[table.size > this.#maxEntries ? 'entries' : 'bytes']++;
      table.remove(table.oldest);
    }
  }

  /** One more than the bound: what is written is there before what makes room for it goes. */
  #empty(): EntryTable {
    return new EntryTable(this.#maxEntries + 1);
  }
}
