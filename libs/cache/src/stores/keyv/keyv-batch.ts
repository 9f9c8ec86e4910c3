import type { EncodedEntry } from '../entry-codec.js';
import { versionOf } from '../shared-entries.js';
import type { KeyvWrite } from './keyv-client.js';
import { entryText, recordText, timeIn, versionText } from './keyv-text.js';

/** Writes that cross each other must not find the record of the other's newer than themselves, in microseconds. */
const CROSSING_US = 1_000_000;

/** An entry that is to be written, and the names of the records of its tags. */
export interface BatchedEntry {
  readonly name: string;
  readonly version: number;
  readonly encoded: EncodedEntry;
  readonly tags: readonly string[];
}

/** The names of the records of the whole cache. */
export interface RecordNames {
  readonly clear: string;
  /** Stands beside the clear, and shows whether that is missing alone. */
  readonly meta: string;
}

/**
 * What writing entries takes: where a record is missing on which one depends, it would be invalid; where the record of a
 * tag ends before it, it would become so.
 */
export class KeyvBatch {
  readonly #found: ReadonlyMap<string, string | undefined>;
  readonly #now: number;
  readonly #entries: BatchedEntry[] = [];

  /**
   * @param found what stands under the names of entries and records
   * @param now the time of the instances, in microseconds
   */
  constructor(found: ReadonlyMap<string, string | undefined>, now: number) {
    this.#found = found;
    this.#now = now;
  }

  add(entry: BatchedEntry): void {
    this.#entries.push(entry);
  }

  /**
   * Records first.
   * @param openedAt since when this process writes, in microseconds
   */
  writes(names: RecordNames, openedAt: number): readonly KeyvWrite[] {
    const entries = this.#entries.map(({ name, version, encoded }) => ({
      name,
      text: entryText(version, this.#now, encoded),
      lifeMs: encoded.lifeMs,
    }));
    return [...this.#clears(names, openedAt), ...this.#records(), ...entries];
  }

  /** In an empty store nothing is older than this process; one that has lost only this record may have lost a clear. */
  #clears({ clear, meta }: RecordNames, openedAt: number): readonly KeyvWrite[] {
    if (this.#entries.length === 0 || this.#found.get(clear) !== undefined) return [];
    const isEmpty = this.#found.get(meta) === undefined;
    const version = isEmpty ? openedAt - 1 : this.#before(this.#entries);
    return [meta, clear].map((name) => ({ name, text: versionText(version), lifeMs: Infinity }));
  }

  #records(): readonly KeyvWrite[] {
    const tags = new Set(this.#entries.flatMap((entry) => entry.tags));
    return [...tags].flatMap((tag): KeyvWrite[] => {
      const tagged = this.#entries.filter((entry) => entry.tags.includes(tag));
      const lifeMs = Math.max(...tagged.map(({ encoded }) => encoded.lifeMs));
      const known = this.#found.get(tag);
      if (known !== undefined && timeIn(known, 1) >= this.#now + lifeMs * 1_000) return [];
      // Twice as long, so that not every write has to prolong it.
      const goneAt = this.#now + lifeMs * 2_000;
      const version = versionOf(known) ?? this.#before(tagged);
      return [{ name: tag, text: recordText(version, goneAt), lifeMs: lifeMs * 2 }];
    });
  }

  /** A version that makes nothing invalid of what is written now, here or elsewhere. */
  #before(entries: readonly BatchedEntry[]): number {
    const oldest = Math.min(...entries.map(({ version }) => version));
    return Math.min(oldest, this.#now - CROSSING_US) - 1;
  }
}
