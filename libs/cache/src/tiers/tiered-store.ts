import { isMainstayError, type Clock } from 'nestjs-mainstay/common';
import type { Invalidation } from '../invalidation.js';
import type { Invalidations } from '../invalidations.js';
import type { Awaitable } from '../stores/awaitable.js';
import type {
  CacheEntry,
  CacheStore,
  KeyedEntry,
  ReadOptions,
  StoreCheck,
} from '../stores/cache-store.js';
import type { LoadLock } from '../stores/load-lock.js';
import type { MemoryStore } from '../stores/memory-store.js';
import { JournalKeeper } from './journal-keeper.js';
import { JournalReplay } from './journal-replay.js';
import type { JournalStore } from './journal-store.js';
import { LocalCopies } from './local-copies.js';
import { SharedLocks } from './shared-locks.js';
import { SharedReads } from './shared-reads.js';
import type { SharedLink, SharedStore, WriteKind } from './shared-store.js';
import { HARD_TIMEOUT_MS, SOFT_TIMEOUT_MS, TierCalls } from './tier-calls.js';
import { TieredReads } from './tiered-reads.js';
import { WriteJournal } from './write-journal.js';

/** Time for what is queued to be kept when the cache is closed, in milliseconds. */
const KEEP_TIMEOUT_MS = 500;

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
  /** Is told what other instances have invalidated. @default nobody */
  readonly onInvalidated?: (what: Invalidation) => void;
  /** How old a write may be that is made up for, in milliseconds: what has invalidated it is remembered for so long. */
  readonly maxWriteAgeMs: number;
  /** Where what is queued is kept, so that it outlives the process, and what its records say of the cache. @default nowhere */
  readonly kept?: { readonly in: JournalStore; readonly as: string } | undefined;
}

/**
 * A shared store and, in the memory of the process, copies of what was last seen in it. A copy answers at once while it is
 * known that nothing was missed of what other instances invalidate; else the shared store is asked, and while it is
 * silent the copies answer as what they are, for a while. Writes are done when the shared store has acknowledged them;
 * what it did not is remembered, hidden, and told as soon as it can be reached.
 */
export class TieredStore implements CacheStore {
  readonly #clock: Clock;
  readonly #shared: SharedStore;
  readonly #calls: TierCalls;
  readonly #copies: LocalCopies;
  readonly #journal = new WriteJournal(() => this.#journalChanged());
  readonly #keeper: JournalKeeper | undefined;
  readonly #onInvalidated: TieredStoreOptions['onInvalidated'];
  readonly #reads: TieredReads;
  readonly #replay: JournalReplay;
  readonly #locks: SharedLocks;
  /** Whether anything is queued, which each hit asks. */
  #isQueued = false;

  constructor(options: TieredStoreOptions) {
    const { name, clock, memory, shared, link, invalidations, maxWriteAgeMs } = options;
    this.#clock = clock;
    this.#shared = shared;
    this.#calls = new TierCalls(name, clock, link);
    this.#copies = new LocalCopies(clock, memory, link, invalidations);
    const [copies, journal, calls] = [this.#copies, this.#journal, this.#calls];
    const reads = new SharedReads({ shared, copies, journal, calls });
    this.#reads = new TieredReads({ name, clock, copies, journal, calls, reads });
    this.#locks = new SharedLocks({ shared, copies, calls });
    const isUp = (): boolean => link.isUp;
    const replay = { name, journal, copies, shared, isUp, clock, invalidations, maxWriteAgeMs };
    this.#replay = new JournalReplay(replay);
    this.#keeper = this.#createKeeper(options);
    this.#onInvalidated = options.onInvalidated;
    link.listen({
      opened: () => {
        copies.suspectAll();
        copies.answered();
        this.#replay.schedule();
        this.#keeper?.opened();
      },
      missed: () => {
        copies.suspectAll();
        // Of no tag that is known: but who comes now does not join a load that began before.
        options.onInvalidated?.({ tags: [] });
      },
      invalidated: (what) => this.#invalidatedElsewhere(what),
      // Which they were is not known: too much is invalidated, not too little.
      forgot: () => {
        journal.addInvalidation('everything', clock.now());
        this.#replay.schedule();
      },
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

  /** At once where a copy is trusted. */
  get(key: string, options?: ReadOptions): Awaitable<CacheEntry | undefined> {
    return this.#reads.get(key, options);
  }

  /** Nothing while writes are queued: some may hide what is here. */
  getFresh(key: string, now: number): unknown {
    return this.#isQueued ? undefined : this.#copies.getTrusted(key, now);
  }

  getMany(
    keys: readonly string[],
    options?: ReadOptions,
  ): Promise<readonly (CacheEntry | undefined)[]> {
    return this.#reads.getMany(keys, options);
  }

  getStale(key: string): CacheEntry | undefined {
    return this.#copies.find(key);
  }

  set(key: string, entry: CacheEntry): Promise<void> {
    return this.setMany([[key, entry]]);
  }

  setMany(entries: readonly KeyedEntry[]): Promise<void> {
    this.#copies.keep(entries);
    const calledAt = this.#clock.now();
    const written = entries.map(([key, { order }]) => [key, order] as const);
    return this.#write({
      forget: () => this.#journal.forgetKeys(entries.map(([key]) => key)),
      work: () => this.#store(entries, 'call'),
      remember: (isDoubtful) => this.#journal.addWrites(written, calledAt, isDoubtful),
    });
  }

  /** Nothing is replaced by what was loaded: where it was not even sent there is nothing to make up for. */
  async setLoaded(entries: readonly KeyedEntry[]): Promise<void> {
    this.#copies.keep(entries);
    this.#calls.admit();
    await this.#calls.wait(SOFT_TIMEOUT_MS, this.#store(entries, 'load'));
  }

  lock(key: string, lifeMs: number): Promise<LoadLock | undefined> {
    return this.#locks.take(key, lifeMs);
  }

  delete(key: string): Promise<void> {
    return this.deleteMany([key]);
  }

  deleteMany(keys: readonly string[]): Promise<void> {
    this.#copies.drop(keys);
    return this.#invalidate({ keys });
  }

  /** What was loaded keeps the time in which it may answer as a stale value. */
  expire(key: string): Promise<void> {
    this.#copies.expire([key]);
    return this.#invalidate({ expired: [key] });
  }

  clear(): Promise<void> {
    this.#copies.clear();
    return this.#invalidate('everything');
  }

  /** Copies here are judged by the cache's own order of invalidations. */
  invalidateTags(tags: readonly string[]): Promise<void> {
    return this.#invalidate({ tags });
  }

  check(): PromiseLike<StoreCheck> {
    return this.#shared.check();
  }

  /** Waits for what was sent and sends what is queued, for as long as there is time. @returns whether nothing is queued */
  async flush(timeoutMs: number): Promise<boolean> {
    const isTold = await this.#replay.flush(timeoutMs, this.#calls.isIdle);
    await this.#keeper?.flush(KEEP_TIMEOUT_MS);
    return isTold;
  }

  /** Nothing is done any more of what nobody has called for. */
  end(): void {
    this.#keeper?.end();
  }

  #createKeeper({ kept, clock }: TieredStoreOptions): JournalKeeper | undefined {
    if (kept === undefined) return undefined;
    return new JournalKeeper({
      store: kept.in,
      cache: kept.as,
      journal: this.#journal,
      clock,
      onAdopted: (adopted) => {
        for (const what of adopted) this.#invalidatedElsewhere(what);
        this.#replay.schedule();
      },
    });
  }

  #journalChanged(): void {
    this.#isQueued = this.#journal.size > 0;
    this.#keeper?.changed();
  }

  #invalidatedElsewhere(what: Invalidation): void {
    this.#copies.invalidate(what);
    this.#onInvalidated?.(what);
  }

  /**
   * A copy of what was refused as older is none, nor is one of what cannot be encoded.
   * @throws CacheEncodeError at once
   */
  #store(entries: readonly KeyedEntry[], kind: WriteKind): PromiseLike<void> {
    try {
      return this.#shared.setMany(entries, kind).then((refused) => {
        if (refused.length === 0) return;
        this.#copies.discard(entries.filter(([key]) => refused.includes(key)));
      });
    } catch (error) {
      if (isMainstayError(error, 'CACHE_ENCODE_FAILED')) this.#copies.discard(entries);
      throw error;
    }
  }

  #invalidate(what: Invalidation): Promise<void> {
    const calledAt = this.#clock.now();
    return this.#write({
      forget: () => this.#journal.forget(what),
      work: () => this.#shared.invalidate(what),
      remember: (isDoubtful) => {
        // Reads that were sent after it, and answered before it was refused, have brought what it was to invalidate.
        this.#copies.invalidate(what);
        this.#journal.addInvalidation(what, calledAt, isDoubtful);
      },
    });
  }

  async #write(write: TierWrite): Promise<void> {
    try {
      this.#calls.admit();
    } catch (error) {
      this.#remember(write, error);
      throw error;
    }
    await this.#calls.wait(HARD_TIMEOUT_MS, this.#send(write));
  }

  /** What is sent now is newer than what is queued; whether it was done is known when it is acknowledged. */
  async #send(write: TierWrite): Promise<void> {
    try {
      const work = write.work();
      write.forget();
      await work;
    } catch (error) {
      // What cannot be encoded was never on its way, and what is queued stays.
      if (!isMainstayError(error, 'CACHE_ENCODE_FAILED')) this.#remember(write, error);
      throw error;
    }
  }

  #remember(write: TierWrite, error: unknown): void {
    // While the tier is away nothing is under way. Else it may have been executed, or be behind what was sent before.
    write.remember(!isMainstayError(error, 'CACHE_TIER_UNAVAILABLE'));
    this.#replay.schedule();
  }
}

/** A write and what the journal has to do with it. */
interface TierWrite {
  readonly forget: () => void;
  readonly work: () => PromiseLike<unknown>;
  /** @param isDoubtful see `WriteJournal.addWrites` */
  readonly remember: (isDoubtful: boolean) => void;
}
