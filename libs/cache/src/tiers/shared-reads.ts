import type { CacheEntry } from '../stores/cache-store.js';
import type { LocalCopies } from './local-copies.js';
import { ReadBatch } from './read-batch.js';
import type { SharedStore } from './shared-store.js';
import type { TierCalls } from './tier-calls.js';
import type { WriteJournal } from './write-journal.js';

/** What reads of the shared tier need. */
export interface SharedReadsOptions {
  readonly shared: SharedStore;
  readonly copies: LocalCopies;
  readonly journal: WriteJournal;
  readonly calls: TierCalls;
}

/**
 * Reads of the shared tier; those of one turn of the event loop are one question. What the tier owes this process a
 * deletion of is not there; of the rest a copy is kept, also when the answer comes too late for the caller.
 */
export class SharedReads {
  readonly #shared: SharedStore;
  readonly #copies: LocalCopies;
  readonly #journal: WriteJournal;
  readonly #calls: TierCalls;
  #gathering: ReadBatch | undefined;

  constructor({ shared, copies, journal, calls }: SharedReadsOptions) {
    this.#shared = shared;
    this.#copies = copies;
    this.#journal = journal;
    this.#calls = calls;
  }

  /** @throws CacheTimeoutError, and what the shared tier throws */
  async get(key: string, timeoutMs: number): Promise<CacheEntry | undefined> {
    const batch = this.#gathering ?? this.#gather();
    const index = batch.add(key);
    return (await batch.within(timeoutMs))[index];
  }

  /** As {@link get} for several keys, in their order: one call, whatever else is asked for. */
  getMany(
    keys: readonly string[],
    timeoutMs: number,
  ): Promise<readonly (CacheEntry | undefined)[]> {
    return this.#calls.wait(timeoutMs, this.#read(keys));
  }

  #gather(): ReadBatch {
    const batch = new ReadBatch(this.#calls);
    this.#gathering = batch;
    // After what else is ready to run now, and before anything is written to a socket.
    process.nextTick(() => {
      this.#gathering = undefined;
      batch.send((keys) => this.#read(keys));
    });
    return batch;
  }

  async #read(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const reads = keys.map((key) => ({
      key,
      // It stays hidden from this read, also when the journal has been settled before the answer is looked at.
      isHidden: this.#journal.hides(key),
      order: this.#copies.beginRead(key),
    }));
    try {
      const entries = await this.#shared.getMany(keys);
      this.#copies.answered();
      return reads.map(({ key, isHidden, order }, index) =>
        isHidden ? undefined : this.#received(key, entries[index], order),
      );
    } catch (error) {
      this.#copies.refused();
      throw error;
    } finally {
      for (const key of keys) this.#copies.endRead(key);
    }
  }

  /** What the shared tier answered, unless it is known better here; keeps a copy of it. */
  #received(key: string, entry: CacheEntry | undefined, order: number): CacheEntry | undefined {
    if (this.#journal.hides(key, entry?.tags)) return undefined;
    const found = entry && { ...entry, order };
    this.#copies.received(key, found, order);
    return found;
  }
}
