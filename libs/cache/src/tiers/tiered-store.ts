import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidations } from '../invalidations.js';
import type {
  CacheEntry,
  CacheStore,
  KeyedEntry,
  ReadOptions,
  StoreCheck,
} from '../stores/cache-store.js';
import type { MemoryStore } from '../stores/memory-store.js';
import { JournalReplay } from './journal-replay.js';
import { LocalCopies } from './local-copies.js';
import { SharedReads } from './shared-reads.js';
import type { SharedLink, SharedStore } from './shared-store.js';
import { TierCalls } from './tier-calls.js';
import { WriteJournal, type Intent } from './write-journal.js';

/** Time for the shared tier where there is another way to answer, and where there is none, in milliseconds. */
const SOFT_TIMEOUT_MS = 50;
const HARD_TIMEOUT_MS = 500;

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
  readonly #shared: SharedStore;
  readonly #calls: TierCalls;
  readonly #copies: LocalCopies;
  readonly #journal = new WriteJournal();
  readonly #reads: SharedReads;
  readonly #replay: JournalReplay;

  constructor({ name, clock, memory, shared, link, invalidations }: TieredStoreOptions) {
    this.#shared = shared;
    this.#calls = new TierCalls(name, clock, link);
    this.#copies = new LocalCopies(clock, memory, link, invalidations);
    this.#reads = new SharedReads(shared, this.#copies, this.#journal);
    const isUp = (): boolean => link.isUp;
    this.#replay = new JournalReplay({
      name,
      journal: this.#journal,
      shared,
      isUp,
      clock,
      invalidations,
    });
    link.whenUp(() => {
      this.#copies.answered();
      this.#replay.schedule();
    });
  }

  /** Entries in the memory of this process. */
  get size(): number {
    return this.#copies.size;
  }

  /** Writes that the shared tier has not acknowledged. */
  get queued(): number {
    return this.#journal.size;
  }

  async get(key: string, options?: ReadOptions): Promise<CacheEntry | undefined> {
    this.#calls.admit();
    if (this.#journal.hides(key)) return undefined;
    const isSoft = options?.hasAlternative === true || this.getStale(key) !== undefined;
    return this.#calls.wait(isSoft ? SOFT_TIMEOUT_MS : HARD_TIMEOUT_MS, this.#reads.get(key));
  }

  async getMany(
    keys: readonly string[],
    options?: ReadOptions,
  ): Promise<readonly (CacheEntry | undefined)[]> {
    this.#calls.admit();
    const hasCopies = (): boolean => keys.every((key) => this.getStale(key) !== undefined);
    const isSoft = options?.hasAlternative === true || hasCopies();
    return this.#calls.wait(isSoft ? SOFT_TIMEOUT_MS : HARD_TIMEOUT_MS, this.#reads.getMany(keys));
  }

  getStale(key: string): CacheEntry | undefined {
    return this.#copies.find(key);
  }

  set(key: string, entry: CacheEntry): Promise<void> {
    return this.setMany([[key, entry]]);
  }

  setMany(entries: readonly KeyedEntry[]): Promise<void> {
    this.#copies.keep(entries);
    return this.#write(keysOf(entries), () => this.#shared.setMany(entries));
  }

  /** Nothing is replaced by what was loaded: where it was not even sent there is nothing to make up for. */
  async setLoaded(entries: readonly KeyedEntry[]): Promise<void> {
    this.#copies.keep(entries);
    this.#calls.admit();
    const sent = this.#send(keysOf(entries), () => this.#shared.setMany(entries));
    await this.#calls.wait(SOFT_TIMEOUT_MS, sent);
  }

  delete(key: string): Promise<void> {
    return this.deleteMany([key]);
  }

  deleteMany(keys: readonly string[]): Promise<void> {
    this.#copies.drop(keys);
    return this.#write({ keys }, () => this.#shared.deleteMany(keys));
  }

  clear(): Promise<void> {
    this.#copies.clear();
    return this.#write('everything', () => this.#shared.clear());
  }

  /** Copies here are judged by the cache's own order of invalidations. */
  invalidateTags(tags: readonly string[]): Promise<void> {
    return this.#write({ tags }, () => this.#shared.invalidateTags(tags));
  }

  check(): PromiseLike<StoreCheck> {
    return this.#shared.check();
  }

  /** Waits for what was sent and sends what is queued, for as long as there is time. @returns whether nothing is queued */
  flush(timeoutMs: number): Promise<boolean> {
    return this.#replay.flush(timeoutMs, this.#calls.isIdle);
  }

  async #write(intent: Intent, work: () => PromiseLike<void>): Promise<void> {
    try {
      this.#calls.admit();
    } catch (error) {
      this.#remember(intent);
      throw error;
    }
    await this.#calls.wait(HARD_TIMEOUT_MS, this.#send(intent, work));
  }

  /** What is sent now is newer than what is queued; whether it was done is known when it is acknowledged. */
  async #send(intent: Intent, work: () => PromiseLike<void>): Promise<void> {
    this.#journal.forget(intent);
    try {
      await work();
    } catch (error) {
      this.#remember(intent);
      throw error;
    }
  }

  #remember(intent: Intent): void {
    this.#journal.add(intent);
    this.#replay.schedule();
  }
}

function keysOf(entries: readonly KeyedEntry[]): Intent {
  return { keys: entries.map(([key]) => key) };
}
