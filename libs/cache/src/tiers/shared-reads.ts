import type { CacheEntry } from '../stores/cache-store.js';
import type { LocalCopies } from './local-copies.js';
import type { Entries, OpenRead } from './open-read.js';
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
 * Reads of the shared tier; those of one turn of the event loop are one question, and a key that is being read is not
 * asked for again. What the tier owes this process a deletion of is not there; of the rest a copy is kept, also when the
 * answer comes too late for the caller.
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

  /** As {@link get} for several keys, none twice, in their order: one call, whatever else is asked for. */
  getMany(keys: readonly string[], timeoutMs: number): Promise<Entries> {
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

  /** What is being read already, and was not written since, is not asked for again. */
  #read(keys: readonly string[]): Promise<Entries> {
    const underWay = keys.map((key) => this.#findRead(key));
    const isNew = underWay.every((read) => read === undefined);
    return isNew ? this.#ask(keys) : this.#join(keys, underWay);
  }

  async #join(
    keys: readonly string[],
    underWay: readonly (OpenRead | undefined)[],
  ): Promise<Entries> {
    const own = keys.filter((_, index) => underWay[index] === undefined);
    const [asked, ...joined] = await Promise.all([
      own.length > 0 ? this.#ask(own) : [],
      ...underWay.map((read, index) => read?.answerOf(keys[index] as string)),
    ]);
    const answers = asked[Symbol.iterator]();
    return joined.map((entry, index) => (underWay[index] ? entry : answers.next().value));
  }

  #findRead(key: string): OpenRead | undefined {
    return this.#journal.hides(key) ? undefined : this.#copies.findRead(key);
  }

  #ask(keys: readonly string[]): Promise<Entries> {
    // They stay hidden from this read, also when the journal has been settled before the answer is looked at.
    const hidden = new Set(keys.filter((key) => this.#journal.hides(key)));
    const read = this.#copies.beginRead(keys);
    return read.send(async () => {
      try {
        const entries = await this.#shared.getMany(keys);
        this.#copies.answered();
        return keys.map((key, index) =>
          hidden.has(key) ? undefined : this.#received(key, entries[index], read),
        );
      } catch (error) {
        this.#copies.refused();
        throw error;
      } finally {
        this.#copies.endRead(read);
      }
    });
  }

  /** What the shared tier answered, unless it is known better here; keeps a copy of it. */
  #received(key: string, entry: CacheEntry | undefined, read: OpenRead): CacheEntry | undefined {
    if (this.#journal.hides(key, entry?.tags)) return undefined;
    const found = entry && { ...entry, order: read.order };
    this.#copies.received(key, found, read);
    return found;
  }
}
