import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidations } from '../invalidations.js';
import type { CacheEntry, KeyedEntry } from '../stores/cache-store.js';
import type { MemoryStore } from '../stores/memory-store.js';
import { ReadFences } from './read-fences.js';
import type { SharedLink } from './shared-store.js';

/** How long a copy is given out while the shared tier is silent, in milliseconds. */
const MAX_ISOLATION_MS = 30_000;

/**
 * Copies, in the memory of the process, of what was last seen in the shared tier or written to it; they answer while it
 * does not, for a while.
 */
export class LocalCopies {
  readonly #clock: Clock;
  readonly #memory: MemoryStore;
  readonly #link: SharedLink;
  readonly #fences: ReadFences;

  constructor(clock: Clock, memory: MemoryStore, link: SharedLink, order: Invalidations) {
    this.#clock = clock;
    this.#memory = memory;
    this.#link = link;
    this.#fences = new ReadFences(order);
  }

  get size(): number {
    return this.#memory.size;
  }

  /** The copy of a key, unless the shared tier has been silent for too long to go by it. */
  find(key: string): CacheEntry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined) return undefined;
    // What was made here during the silence is as good as it was then.
    const trustedUntil = Math.max(this.#link.silentSince, entry.createdAt) + MAX_ISOLATION_MS;
    return this.#clock.now() <= trustedUntil ? entry : undefined;
  }

  /** A read of the shared tier begins. @returns its order among reads and writes */
  beginRead(key: string): number {
    return this.#fences.begin(key);
  }

  /** The shared tier has answered: the copy becomes what it has, unless something newer is known. */
  received(key: string, entry: CacheEntry | undefined, version: number): void {
    if (!this.#fences.accept(key, version)) return;
    if (entry) this.#memory.set(key, entry);
    else this.#memory.delete(key);
  }

  endRead(key: string): void {
    this.#fences.end(key);
  }

  /** What is written here is newer than anything that is being read. */
  keep(entries: readonly KeyedEntry[]): void {
    for (const [key, entry] of entries) {
      this.#fences.fence(key);
      this.#memory.set(key, entry);
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
}
