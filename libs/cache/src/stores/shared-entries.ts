import type { CacheEntry } from './cache-store.js';
import { DIGITS, type StoredEntry } from './entry-codec.js';
import type { EntryReader } from './entry-reader.js';

/** Names in one command: short enough that none holds the store up. */
const BATCH = 500;

/** The names of a cache in a shared store. */
export interface EntryNames {
  /** The version of the last clear: older entries are invalid, and all are while it has no value. */
  readonly clear: string;
  entry(key: string): string;
  /** The version of a tag's last invalidation; an entry whose tag has none is invalid. */
  tag(tag: string): string;
}

/** What reading entries of a shared store needs. */
export interface SharedEntriesOptions {
  readonly names: EntryNames;
  readonly reader: EntryReader;
  /** What stands under names, in their order. */
  readonly read: (names: readonly string[]) => Promise<readonly (string | null | undefined)[]>;
}

/** Entries of a shared store, but for those that a clear or one of their tags has made invalid. */
export class SharedEntries {
  readonly #names: EntryNames;
  readonly #reader: EntryReader;
  readonly #read: SharedEntriesOptions['read'];

  constructor({ names, reader, read }: SharedEntriesOptions) {
    this.#names = names;
    this.#reader = reader;
    this.#read = read;
  }

  /** In one round trip, and in a second one where there are tags. */
  getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return keys.length <= BATCH ? this.#getBatch(keys) : this.#getBatches(keys);
  }

  async #getBatches(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return (await Promise.all(inBatches(keys).map((batch) => this.#getBatch(batch)))).flat();
  }

  async #getBatch(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const names = keys.map((key) => this.#names.entry(key));
    const texts = await this.#read([...names, this.#names.clear]);
    const clear = versionOf(texts[keys.length]) ?? Infinity;
    const stored = keys.map((_, index) => this.#present(texts[index], clear));
    return stored.some((one) => one?.entry.tags)
      ? this.#unlessInvalidated(stored)
      : entriesOf(stored);
  }

  /** What stands there, lives and was not cleared; of its tags nothing is known yet. */
  #present(text: string | null | undefined, clear: number): StoredEntry | undefined {
    const stored = text == null ? undefined : this.#reader.read(text);
    return stored !== undefined && stored.version > clear ? stored : undefined;
  }

  /** Drops what was invalidated by a tag, also by one of which there is no record any more. */
  async #unlessInvalidated(
    stored: readonly (StoredEntry | undefined)[],
  ): Promise<readonly (CacheEntry | undefined)[]> {
    const tags = [...new Set(stored.flatMap((one) => one?.entry.tags ?? []))];
    const names = inBatches(tags.map((tag) => this.#names.tag(tag)));
    const texts = (await Promise.all(names.map((batch) => this.#read(batch)))).flat();
    const records = new Map(tags.map((tag, index) => [tag, versionOf(texts[index])]));
    const isCurrent = ({ entry, version }: StoredEntry): boolean =>
      (entry.tags ?? []).every((tag) => version > (records.get(tag) ?? Infinity));
    return stored.map((one) => (one && isCurrent(one) ? one.entry : undefined));
  }
}

/** The version with which an entry, a tombstone or a record begins; `undefined` where there is none. */
export function versionOf(text: string | null | undefined): number | undefined {
  const version = text == null ? NaN : Number(text.slice(0, DIGITS) || NaN);
  return Number.isNaN(version) ? undefined : version;
}

/** In pieces that no store takes long for. */
export function inBatches<T>(items: readonly T[]): (readonly T[])[] {
  const batches: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += BATCH) batches.push(items.slice(at, at + BATCH));
  return batches;
}

function entriesOf(stored: readonly (StoredEntry | undefined)[]): (CacheEntry | undefined)[] {
  return stored.map((one) => one?.entry);
}
