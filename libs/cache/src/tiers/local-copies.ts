import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidation } from '../invalidation.js';
import type { Invalidations } from '../invalidations.js';
import type { CacheEntry, KeyedEntry } from '../stores/cache-store.js';
import type { MemoryStore } from '../stores/memory-store.js';
import type { OpenRead } from './open-read.js';
import { ReadFences } from './read-fences.js';
import type { SharedLink } from './shared-store.js';

/** How long a copy is given out while the shared tier is silent or refuses, in milliseconds. */
const MAX_ISOLATION_MS = 30_000;

/**
 * Copies, in the memory of the process, of what was last seen in the shared tier or written to it. They answer in its
 * place while it is known that nothing was missed of what other instances invalidate, and, as values that may be out of
 * date, for a while when the tier does not answer.
 */
export class LocalCopies {
  readonly #clock: Clock;
  readonly #memory: MemoryStore;
  readonly #link: SharedLink;
  readonly #order: Invalidations;
  readonly #fences: ReadFences;
  #refusedSince = Infinity;
  /** Copies of this order and before are suspect: something may have been missed that has made them invalid. */
  #suspectUpTo = 0;

  constructor(clock: Clock, memory: MemoryStore, link: SharedLink, order: Invalidations) {
    this.#clock = clock;
    this.#memory = memory;
    this.#link = link;
    this.#order = order;
    this.#fences = new ReadFences(order);
  }

  get size(): number {
    return this.#memory.size;
  }

  /** Whether it is known that nothing was missed of what other instances invalidate. */
  get isTrusted(): boolean {
    return this.#link.trustedUntil > this.#clock.now();
  }

  /** The copy of a key, if it is as good as what the shared tier has. */
  findTrusted(key: string): CacheEntry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined || entry.order <= this.#suspectUpTo) return undefined;
    const now = this.#clock.now();
    if (entry.expiresAt <= now || this.#link.trustedUntil <= now) return undefined;
    return this.#order.isValid(entry.order, entry.tags) ? entry : undefined;
  }

  /** As {@link findTrusted}, the value for a reader. @param now the present time of the clock */
  getTrusted(key: string, now: number): unknown {
    if (this.#link.trustedUntil <= now) return undefined;
    return this.#memory.getFresh(key, now, this.#order, this.#suspectUpTo);
  }

  /** What is here may have been invalidated by others, and is asked for again before it is trusted. */
  suspectAll(): void {
    this.#suspectUpTo = this.#order.next();
  }

  /** The copy of a key that was written or loaded here, if it is still the one of that order. */
  findWritten(key: string, order: number): CacheEntry | undefined {
    const entry = this.#memory.get(key);
    return entry?.order === order ? entry : undefined;
  }

  /** The shared tier has something newer than these. */
  discard(entries: readonly KeyedEntry[]): void {
    for (const [key, { order }] of entries) {
      if (this.findWritten(key, order) !== undefined) this.#memory.delete(key);
    }
  }

  /** Lets copies expire that some take as a stale value. */
  expire(keys: readonly string[]): void {
    for (const key of keys) {
      this.#fences.fence(key);
      this.#memory.expire(key);
    }
  }

  /** The copy of a key, unless it was invalidated, or the shared tier has not been read for too long to go by it. */
  find(key: string): CacheEntry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined || !this.#order.isValid(entry.order, entry.tags)) return undefined;
    const unreadSince = Math.min(this.#link.silentSince, this.#refusedSince);
    // What was made here meanwhile is as good as it was then.
    const trustedUntil = Math.max(unreadSince, entry.createdAt) + MAX_ISOLATION_MS;
    return this.#clock.now() <= trustedUntil ? entry : undefined;
  }

  /** The shared tier has answered a read, or is there anew. */
  answered(): void {
    this.#refusedSince = Infinity;
  }

  /** The shared tier has refused a read: it may be heard, but tells nothing. */
  refused(): void {
    this.#refusedSince = Math.min(this.#refusedSince, this.#clock.now());
  }

  /** A read of the shared tier begins, to be sent now. */
  beginRead(keys: readonly string[]): OpenRead {
    return this.#fences.begin(keys);
  }

  /** A read of a key that is under way, if what it brings is right for those who ask now. */
  findRead(key: string): OpenRead | undefined {
    return this.#fences.find(key);
  }

  /** The shared tier has answered: the copy becomes what it has, unless something newer is known. */
  received(key: string, entry: CacheEntry | undefined, read: OpenRead): void {
    if (!this.#fences.accept(key, read)) return;
    if (entry) this.#memory.keep(key, entry);
    else this.#memory.delete(key);
  }

  endRead(read: OpenRead): void {
    this.#fences.end(read);
  }

  /** Reads of these that are under way may not know what the shared tier knows now. */
  told(keys: readonly string[]): void {
    for (const key of keys) this.#fences.fence(key);
  }

  /** As {@link told}, of a clear: what was written here before it is suspect too. */
  toldEverything(): void {
    this.#fences.fenceAll();
    this.suspectAll();
  }

  /** What is written here is newer than anything that is being read. */
  keep(entries: readonly KeyedEntry[]): void {
    for (const [key, entry] of entries) {
      this.#fences.fence(key);
      this.#memory.keep(key, entry);
    }
  }

  drop(keys: readonly string[]): void {
    for (const key of keys) {
      this.#fences.fence(key);
      this.#memory.delete(key);
    }
  }

  clear(): void {
    this.#fences.fenceAll();
    this.#memory.clear();
  }

  /** Another instance has invalidated something. */
  invalidate(what: Invalidation): void {
    if (what === 'everything') {
      this.#order.clear();
      this.clear();
    } else if ('tags' in what) {
      this.#order.invalidate(what.tags);
    } else if ('keys' in what) {
      this.drop(what.keys);
    } else {
      this.expire(what.expired);
    }
  }
}
