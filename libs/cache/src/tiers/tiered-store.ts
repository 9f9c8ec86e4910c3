import type { Clock } from 'nestjs-mainstay/common';
import { CacheTierUnavailableError, CacheTimeoutError } from '../cache.errors.js';
import type { Invalidations } from '../invalidations.js';
import type { CacheEntry, CacheStore, ReadOptions, StoreCheck } from '../stores/cache-store.js';
import type { MemoryStore } from '../stores/memory-store.js';
import { JournalReplay } from './journal-replay.js';
import type { SharedLink, SharedStore } from './shared-store.js';
import { within } from './time-limit.js';
import { WriteJournal, type Intent } from './write-journal.js';

/** Time for the shared tier where there is another way to answer, and where there is none, in milliseconds. */
const SOFT_TIMEOUT_MS = 50;
const HARD_TIMEOUT_MS = 500;
/** How long a copy is given out while the shared tier is silent, in milliseconds. */
const MAX_ISOLATION_MS = 30_000;

/** What a tiered store is made of. */
export interface TieredStoreOptions {
  /** Name of the cache, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly memory: MemoryStore;
  readonly shared: SharedStore;
  readonly link: SharedLink;
  /** The order of writes and invalidations of this process. */
  readonly invalidations: Invalidations;
}

/**
 * A shared store and, in the memory of the process, copies of what was last seen in it. Reads ask the shared store, so
 * that no instance serves what another one has replaced; while it is silent the copies answer, for a while. Writes are
 * done when the shared store has acknowledged them; what it did not is remembered, hidden, and invalidated there as soon
 * as it can be reached.
 */
export class TieredStore implements CacheStore {
  readonly #options: TieredStoreOptions;
  readonly #clock: Clock;
  readonly #memory: MemoryStore;
  readonly #shared: SharedStore;
  readonly #link: SharedLink;
  readonly #journal = new WriteJournal();
  readonly #replay: JournalReplay;
  /** The latest read of each key that is under way, unless the key was written since. */
  readonly #reads = new Map<string, number>();

  constructor(options: TieredStoreOptions) {
    const { clock, memory, shared, link } = options;
    this.#options = options;
    this.#clock = clock;
    this.#memory = memory;
    this.#shared = shared;
    this.#link = link;
    const isUp = (): boolean => link.isUp;
    this.#replay = new JournalReplay({ journal: this.#journal, shared, isUp, clock });
    link.whenUp(() => this.#replay.schedule());
  }

  /** Entries in the memory of this process. */
  get size(): number {
    return this.#memory.size;
  }

  /** Writes that the shared tier has not acknowledged. */
  get queued(): number {
    return this.#journal.size;
  }

  async get(key: string, options?: ReadOptions): Promise<CacheEntry | undefined> {
    this.#requireLink();
    if (this.#journal.hides(key)) return undefined;
    const isSoft = options?.hasAlternative === true || this.getStale(key) !== undefined;
    const version = this.#options.invalidations.next();
    this.#reads.set(key, version);
    try {
      const entry = await this.#within(
        isSoft ? SOFT_TIMEOUT_MS : HARD_TIMEOUT_MS,
        this.#shared.get(key),
      );
      return this.#received(key, entry, version);
    } finally {
      if (this.#reads.get(key) === version) this.#reads.delete(key);
    }
  }

  getStale(key: string): CacheEntry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined) return undefined;
    // What was made here during the silence is as good as it was then.
    const trustedUntil = Math.max(this.#link.silentSince, entry.createdAt) + MAX_ISOLATION_MS;
    return this.#clock.now() <= trustedUntil ? entry : undefined;
  }

  set(key: string, entry: CacheEntry): Promise<void> {
    this.#reads.delete(key);
    this.#memory.set(key, entry);
    return this.#write({ keys: [key] }, () => this.#shared.set(key, entry));
  }

  async setLoaded(key: string, entry: CacheEntry): Promise<void> {
    this.#reads.delete(key);
    this.#memory.set(key, entry);
    // Nothing is replaced by it: where it was not even sent there is nothing to make up for.
    this.#requireLink();
    const sent = this.#send({ keys: [key] }, () => this.#shared.set(key, entry));
    await this.#within(SOFT_TIMEOUT_MS, sent);
  }

  delete(key: string): Promise<void> {
    this.#reads.delete(key);
    this.#memory.delete(key);
    return this.#write({ keys: [key] }, () => this.#shared.delete(key));
  }

  clear(): Promise<void> {
    this.#reads.clear();
    this.#memory.clear();
    return this.#write('everything', () => this.#shared.clear());
  }

  /** Copies here are judged by the cache's own order of invalidations. */
  invalidateTags(tags: readonly string[]): Promise<void> {
    return this.#write({ tags }, () => this.#shared.invalidateTags(tags));
  }

  check(): PromiseLike<StoreCheck> | StoreCheck {
    return this.#shared.check();
  }

  /** Sends what is queued, for as long as there is time. */
  flush(timeoutMs: number): Promise<boolean> {
    return this.#replay.flush(timeoutMs);
  }

  /** What the shared tier answered, unless it is known better here; keeps a copy of it. */
  #received(key: string, entry: CacheEntry | undefined, version: number): CacheEntry | undefined {
    const found =
      entry && !this.#journal.hides(key, entry.tags) ? { ...entry, version } : undefined;
    if (this.#reads.get(key) === version) {
      if (found) this.#memory.set(key, found);
      else this.#memory.delete(key);
    }
    return found;
  }

  async #write(intent: Intent, work: () => PromiseLike<void>): Promise<void> {
    if (!this.#link.isUp) {
      this.#journal.add(intent);
      throw new CacheTierUnavailableError(this.#options.name);
    }
    await this.#within(HARD_TIMEOUT_MS, this.#send(intent, work));
  }

  /** What is sent now is newer than what is queued; whether it was done is known when it is acknowledged. */
  async #send(intent: Intent, work: () => PromiseLike<void>): Promise<void> {
    this.#journal.forget(intent);
    try {
      await work();
    } catch (error) {
      this.#journal.add(intent);
      this.#replay.schedule();
      throw error;
    }
  }

  #requireLink(): void {
    if (!this.#link.isUp) throw new CacheTierUnavailableError(this.#options.name);
  }

  #within<T>(timeoutMs: number, work: PromiseLike<T>): Promise<T> {
    const onTimeout = (): Error => new CacheTimeoutError(this.#options.name, timeoutMs);
    return within(this.#clock, timeoutMs, work, onTimeout);
  }
}
