import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidation } from '../../invalidation.js';
import type { SharedStore, WriteKind } from '../../tiers/shared-store.js';
import type { CacheCodec } from '../../values/cache-codec.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../cache-store.js';
import { encodeEntry, type EncodedEntry } from '../entry-codec.js';
import { EntryReader } from '../entry-reader.js';
import { inBatches, SharedEntries, versionOf, type EntryNames } from '../shared-entries.js';
import type { HybridClock } from './hybrid-clock.js';
import type { KeyvWrite } from './keyv-client.js';
import type { KeyvLink } from './keyv-link.js';
import { KeyvBatch } from './keyv-batch.js';
import { expiredText, recordText, timeIn, versionText } from './keyv-text.js';

/** What a store in Keyv needs to know. */
export interface KeyvStoreOptions {
  readonly link: KeyvLink;
  readonly names: EntryNames & { readonly meta: string; sentinel(id: string): string };
  readonly time: HybridClock;
  readonly clock: Clock;
  /** Name of the cache, for the log. */
  readonly cache: string;
  readonly codec: CacheCodec;
  /** How long it is remembered that something was invalidated, in milliseconds: longer than any load takes. */
  readonly recordLifeMs: number;
}

/** What is to stand under a name with a version, and for how long, in milliseconds. */
type Raised = (
  version: number,
  found: string | undefined,
) => readonly [text: string, lifeMs: number];

/** An entry that is to be written. */
interface EncodedWrite {
  readonly key: string;
  readonly entry: CacheEntry;
  readonly encoded: EncodedEntry;
}

/**
 * Entries in a store of Keyv, as in Redis: each has a version; deletions leave a tombstone, clearing and tags raise a
 * record, however many entries they hit. Keyv compares nothing when it writes: what stands there is read first, and what
 * another instance writes in that moment may be lost.
 */
export class KeyvSharedStore implements SharedStore {
  readonly #options: KeyvStoreOptions;
  readonly #reader: EntryReader;
  readonly #entries: SharedEntries;
  readonly #openedAt: number;

  constructor(options: KeyvStoreOptions) {
    this.#options = options;
    this.#openedAt = options.time.latest(options.clock.now());
    this.#reader = new EntryReader(options);
    const read = (names: readonly string[]): Promise<(string | undefined)[]> => this.#read(names);
    this.#entries = new SharedEntries({ names: options.names, reader: this.#reader, read });
  }

  /** How many entries could not be read. */
  get undecodable(): number {
    return this.#reader.undecodable;
  }

  getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return this.#entries.getMany(keys);
  }

  setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<readonly string[]> {
    const { clock, codec } = this.#options;
    const now = clock.now();
    const writes = entries.flatMap(([key, entry]): EncodedWrite[] => {
      const encoded = encodeEntry(entry, now, codec);
      return encoded ? [{ key, entry, encoded }] : [];
    });
    return this.#setAll(writes, kind);
  }

  async invalidate(what: Invalidation, calledAt?: readonly number[]): Promise<void> {
    const { names } = this.#options;
    if (what === 'everything') {
      return this.#raise([names.clear], calledAt, (version) => [versionText(version), Infinity]);
    }
    if ('tags' in what) {
      return this.#raise(
        what.tags.map((tag) => names.tag(tag)),
        calledAt,
        this.#recorded,
      );
    }
    const keys = 'keys' in what ? what.keys : what.expired;
    const raised = 'keys' in what ? this.#tombstone : this.#expired;
    return this.#raise(
      keys.map((key) => names.entry(key)),
      calledAt,
      raised,
    );
  }

  check(): Promise<StoreCheck> {
    const { link, names } = this.#options;
    return link.ask((client) => client.check(names.sentinel('')));
  }

  async #setAll(writes: readonly EncodedWrite[], kind: WriteKind): Promise<readonly string[]> {
    const refused: string[] = [];
    // One after the other: what comes later finds the records of what came before.
    for (const batch of inBatches(writes)) refused.push(...(await this.#setBatch(batch, kind)));
    return refused;
  }

  /** @returns the keys for which something newer is there */
  async #setBatch(writes: readonly EncodedWrite[], kind: WriteKind): Promise<readonly string[]> {
    const { names, time } = this.#options;
    const tags = [...new Set(writes.flatMap(({ entry }) => entry.tags ?? []))];
    const wanted = [
      ...writes.map(({ key }) => names.entry(key)),
      ...tags.map((tag) => names.tag(tag)),
    ];
    const found = await this.#lookUp([names.clear, names.meta, ...wanted]);
    const newest = (name: string): number => versionOf(found.get(name)) ?? 0;
    const accepted = new KeyvBatch(found, this.#now());
    const refused: string[] = [];
    const tombstones: KeyvWrite[] = [];
    for (const { key, entry, encoded } of writes) {
      const name = names.entry(key);
      const tagNames = (entry.tags ?? []).map((tag) => names.tag(tag));
      const version = kind === 'call' ? time.next() : time.latest(entry.asOf);
      const isOld = [names.clear, name, ...tagNames].some((one) => newest(one) >= version);
      // A call counts as of now, whatever the clock of another instance said.
      if (!isOld || kind === 'call') {
        accepted.add({ name, version, encoded, tags: tagNames });
        continue;
      }
      refused.push(key);
      // What a call has written has replaced what was there before, also when one of its tags was invalidated since.
      if (kind !== 'replay' || newest(name) >= version) continue;
      const { recordLifeMs: lifeMs } = this.#options;
      tombstones.push({ name, text: versionText(version), lifeMs });
    }
    await this.#write([...accepted.writes(names, this.#openedAt), ...tombstones]);
    return refused;
  }

  /** Writes something newer in place of what stands under names; what is newer still stays. */
  async #raise(
    names: readonly string[],
    calledAt: readonly number[] | undefined,
    textOf: Raised,
  ): Promise<void> {
    const { time, clock } = this.#options;
    const now = clock.now();
    const dated = names.map((name, index) => [name, calledAt?.[index]] as const);
    await Promise.all(
      inBatches(dated).map(async (batch) => {
        const found = await this.#lookUp(batch.map(([name]) => name));
        const writes = batch.flatMap(([name, at]): KeyvWrite[] => {
          const version =
            at === undefined ? time.nextInvalidation() : time.latest(Math.min(at, now));
          if ((versionOf(found.get(name)) ?? 0) >= version) return [];
          const [text, lifeMs] = textOf(version, found.get(name));
          return [{ name, text, lifeMs }];
        });
        await this.#write(writes);
      }),
    );
  }

  readonly #recorded: Raised = (version, found) => {
    const now = this.#now();
    const goneAt = now + this.#options.recordLifeMs * 1_000;
    const until = Math.max(goneAt, found === undefined ? 0 : timeIn(found, 1) || 0);
    return [recordText(version, until), (until - now) / 1_000];
  };

  /** Where there is no entry a tombstone keeps away what is being loaded. */
  readonly #expired: Raised = (version, found) => {
    const text = found === undefined ? undefined : expiredText(found, version);
    const lifeMs = text === undefined ? 0 : (timeIn(text, 2) - this.#now()) / 1_000;
    return text !== undefined && lifeMs > 0 ? [text, lifeMs] : this.#tombstone(version, found);
  };

  readonly #tombstone: Raised = (version) => [versionText(version), this.#options.recordLifeMs];

  /** What stands under names; whose versions are ahead of this process's time puts it forward. */
  async #lookUp(names: readonly string[]): Promise<Map<string, string | undefined>> {
    const texts = await this.#read(names);
    for (const text of texts) this.#options.time.observe(versionOf(text) ?? 0);
    return new Map(names.map((name, index) => [name, texts[index]]));
  }

  #read(names: readonly string[]): Promise<(string | undefined)[]> {
    return this.#options.link.ask((client) => client.read(names));
  }

  async #write(writes: readonly KeyvWrite[]): Promise<void> {
    if (writes.length > 0) await this.#options.link.ask((client) => client.write(writes));
  }

  #now(): number {
    return this.#options.time.latest(this.#options.clock.now());
  }
}
