import type { Clock } from 'nestjs-mainstay/common';
import { readCachedValue } from '../values/cached-value.js';
import type { CacheEntry, CacheStore, EntryJudge, StoreCheck } from './cache-store.js';
import { RecencyList, type RecencyNode } from './recency-list.js';

/** Entries when no other bound is given. */
const DEFAULT_MAX_ENTRIES = 10_000;

/** No key of a user begins so by chance. */
const SENTINEL = '\u0000mainstay:sentinel';

/**
 * The embedded store: entries in the memory of the process, bounded; the one that was not used for longest makes room.
 * It has no timers: an expired entry goes when it is met, or when it is the one to make room.
 */
export class MemoryStore implements CacheStore {
  readonly #clock: Clock;
  #maxEntries: number;
  #nodes = new Map<string, RecencyNode>();
  #recency = new RecencyList();

  /** @param maxEntries bound; @default 10000 */
  constructor(clock: Clock, maxEntries = DEFAULT_MAX_ENTRIES) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** How many entries it takes. */
  get maxEntries(): number {
    return this.#maxEntries;
  }

  get(key: string): CacheEntry | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    if (node.entry.staleUntil <= this.#clock.now()) {
      this.#remove(node);
      return undefined;
    }
    this.#recency.touch(node);
    return node.entry;
  }

  getFresh(key: string, now: number, judge: EntryJudge): unknown {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    const { entry } = node;
    if (entry.expiresAt <= now || !judge.isValid(entry.order, entry.tags)) return undefined;
    this.#recency.touch(node);
    return readCachedValue(entry);
  }

  set(key: string, entry: CacheEntry): void {
    this.#put(key, entry);
    this.#makeRoom();
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node !== undefined) this.#remove(node);
  }

  expire(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    const { expiresAt, staleUntil } = node.entry;
    // What never has a time in which it is stale has nothing left.
    if (staleUntil <= expiresAt) this.#remove(node);
    else node.entry = { ...node.entry, expiresAt: Math.min(expiresAt, this.#clock.now()) };
  }

  clear(): void {
    this.#nodes = new Map();
    this.#recency = new RecencyList();
  }

  /** Changes the bound; what no longer fits goes, longest unused first. */
  resize(maxEntries: number): void {
    this.#maxEntries = maxEntries;
    this.#makeRoom();
  }

  check(): StoreCheck {
    const now = this.#clock.now();
    const entry: CacheEntry = {
      data: now,
      isFrozen: true,
      createdAt: now,
      asOf: now,
      expiresAt: Infinity,
      staleUntil: Infinity,
      order: 0,
      tags: undefined,
    };
    this.#put(SENTINEL, entry);
    const read = this.get(SENTINEL) === entry;
    this.delete(SENTINEL);
    return { read, write: read && this.get(SENTINEL) === undefined };
  }

  #put(key: string, entry: CacheEntry): void {
    const node = this.#nodes.get(key);
    if (node === undefined) {
      this.#nodes.set(key, this.#recency.add(key, entry));
    } else {
      node.entry = entry;
      this.#recency.touch(node);
    }
  }

  #makeRoom(): void {
    while (this.#nodes.size > this.#maxEntries) {
      const oldest = this.#recency.oldest;
      if (oldest === undefined) return;
      this.#remove(oldest);
    }
  }

  #remove(node: RecencyNode): void {
    this.#nodes.delete(node.key);
    this.#recency.remove(node);
  }
}
