import { readCachedValue } from '../values/cached-value.js';
import type { CacheEntry } from './cache-store.js';
import { RecencyList } from './recency-list.js';

/** Slots that a table begins with. */
const MIN_CAPACITY = 16;
/** What {@link EntryTable.find} gives for a key that has no slot. */
export const NO_SLOT = -1;

/** The numbers of an entry, side by side. */
const CREATED_AT = 0;
const AS_OF = 1;
const EXPIRES_AT = 2;
const STALE_UNTIL = 3;
const ORDER = 4;
const NUMBERS = 5;

type Tags = readonly string[] | undefined;

/**
 * Entries by key, and the order of their use. Each has a slot, a number, under which columns hold its parts: in an object
 * of its own an entry would take three times as much memory, since V8 boxes each time of the clock. An entry is put
 * together when somebody needs all of it; a hit does not.
 */
export class EntryTable {
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #recency = new RecencyList(MIN_CAPACITY);
  readonly #keys: string[] = [];
  readonly #data: unknown[] = [];
  #numbers = new Float64Array(MIN_CAPACITY * NUMBERS);
  #frozen = new Uint8Array(MIN_CAPACITY);
  /** There from the first entry on that has some. */
  #tags: Tags[] | undefined;
  /** There from the first entry on whose size is told. */
  #sizes: Float64Array | undefined;
  #bytes = 0;
  #capacity = MIN_CAPACITY;
  #expected: number;

  /** @param expected how many entries there may be; it grows to so many in steps, and beyond them one by one */
  constructor(expected: number) {
    this.#expected = expected;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The sizes of all entries, as they were told when they were written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The slot that was not used for longest; {@link NO_SLOT} when there is none. */
  get oldest(): number {
    return this.#recency.oldest;
  }

  /** Changes how many entries there may be. */
  expect(entries: number): void {
    this.#expected = entries;
  }

  /** The slot of a key, or {@link NO_SLOT}. */
  find(key: string): number {
    return this.#slots.get(key) ?? NO_SLOT;
  }

  /**
   * Writes an entry, in place of any other of the key, as the one that was used last.
   * @param bytes its size, for {@link bytes}
   */
  put(key: string, entry: CacheEntry, bytes = 0): void {
    let slot = this.find(key);
    if (slot === NO_SLOT) slot = this.#add(key);
    else this.#recency.touch(slot);
    this.#write(slot, entry);
    this.#resize(slot, bytes);
  }

  /** The entry was used. */
  touch(slot: number): void {
    this.#recency.touch(slot);
  }

  remove(slot: number): void {
    this.#slots.delete(this.#keys[slot]!);
    this.#recency.remove(slot);
    this.#keys[slot] = '';
    this.#data[slot] = undefined;
    if (this.#tags) this.#tags[slot] = undefined;
    this.#resize(slot, 0);
    this.#free.push(slot);
  }

  /** What a reader gets of the entry. */
  valueAt(slot: number): unknown {
    const data = this.#data[slot];
    return this.#frozen[slot] === 1 ? data : readCachedValue({ data, isFrozen: false });
  }

  /** When the entry ceases to be fresh. */
  expiresAt(slot: number): number {
    return this.#numbers[slot * NUMBERS + EXPIRES_AT]!;
  }

  /** When the entry is gone, also as a stale value. */
  staleUntil(slot: number): number {
    return this.#numbers[slot * NUMBERS + STALE_UNTIL]!;
  }

  orderAt(slot: number): number {
    return this.#numbers[slot * NUMBERS + ORDER]!;
  }

  tagsAt(slot: number): Tags {
    return this.#tags?.[slot];
  }

  /** Changes when the entry ceases to be fresh. */
  setExpiresAt(slot: number, expiresAt: number): void {
    this.#numbers[slot * NUMBERS + EXPIRES_AT] = expiresAt;
  }

  /** The whole entry. */
  entryAt(slot: number): CacheEntry {
    const numbers = this.#numbers;
    const at = slot * NUMBERS;
    return {
      data: this.#data[slot],
      isFrozen: this.#frozen[slot] === 1,
      createdAt: numbers[at + CREATED_AT]!,
      asOf: numbers[at + AS_OF]!,
      expiresAt: numbers[at + EXPIRES_AT]!,
      staleUntil: numbers[at + STALE_UNTIL]!,
      order: numbers[at + ORDER]!,
      tags: this.tagsAt(slot),
    };
  }

  #add(key: string): number {
    const slot = this.#free.pop() ?? this.#slots.size;
    if (slot === this.#capacity) this.#grow();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#recency.add(slot);
    return slot;
  }

  #write(slot: number, entry: CacheEntry): void {
    const numbers = this.#numbers;
    const at = slot * NUMBERS;
    numbers[at + CREATED_AT] = entry.createdAt;
    numbers[at + AS_OF] = entry.asOf;
    numbers[at + EXPIRES_AT] = entry.expiresAt;
    numbers[at + STALE_UNTIL] = entry.staleUntil;
    numbers[at + ORDER] = entry.order;
    this.#data[slot] = entry.data;
    this.#frozen[slot] = entry.isFrozen ? 1 : 0;
    if (entry.tags !== undefined) this.#tags ??= [];
    if (this.#tags) this.#tags[slot] = entry.tags;
  }

  #resize(slot: number, bytes: number): void {
    if (bytes > 0) this.#sizes ??= new Float64Array(this.#capacity);
    if (this.#sizes === undefined) return;
    this.#bytes += bytes - this.#sizes[slot]!;
    this.#sizes[slot] = bytes;
  }

  #grow(): void {
    const capacity = Math.max(this.#capacity + 1, Math.min(this.#capacity * 2, this.#expected));
    this.#numbers = copied(this.#numbers, new Float64Array(capacity * NUMBERS));
    this.#frozen = copied(this.#frozen, new Uint8Array(capacity));
    if (this.#sizes) this.#sizes = copied(this.#sizes, new Float64Array(capacity));
    this.#recency.grow(capacity);
    this.#capacity = capacity;
  }
}

function copied<T extends Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
