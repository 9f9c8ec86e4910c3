import type { CacheEntry } from '../stores/cache-store.js';
import type { LocalCopies } from './local-copies.js';
import type { SharedStore } from './shared-store.js';
import type { WriteJournal } from './write-journal.js';

/**
 * Reads of the shared tier. What it owes this process a deletion of is not there; of the rest a copy is kept, also when
 * the answer comes too late for the caller.
 */
export class SharedReads {
  readonly #shared: SharedStore;
  readonly #copies: LocalCopies;
  readonly #journal: WriteJournal;

  constructor(shared: SharedStore, copies: LocalCopies, journal: WriteJournal) {
    this.#shared = shared;
    this.#copies = copies;
    this.#journal = journal;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const order = this.#copies.beginRead(key);
    try {
      const entry = await this.#shared.get(key);
      this.#copies.answered();
      return this.#received(key, entry, order);
    } catch (error) {
      this.#copies.refused();
      throw error;
    } finally {
      this.#copies.endRead(key);
    }
  }

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
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
