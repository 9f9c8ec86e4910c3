import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidation } from '../../invalidation.js';
import type { SharedStore, WriteKind } from '../../tiers/shared-store.js';
import type { CacheCodec } from '../../values/cache-codec.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../cache-store.js';
import { encodeEntry, type StoredEntry } from '../entry-codec.js';
import { EntryReader } from '../entry-reader.js';
import type { LoadLock } from '../load-lock.js';
import { runInvalidate, type InvalidateRequest } from './invalidate-script.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisLock } from './redis-lock.js';
import { check } from './redis-session.js';
import type { RedisTime } from './redis-time.js';
import { runStore, type ScriptScope, type StoreRequest } from './store-script.js';

/** Names in one command. */
const BATCH = 500;

const ANNOUNCEMENT = { call: 'always', load: 'replaced', replay: 'always' } as const;

/** What a store in Redis needs to know. */
export interface RedisStoreOptions {
  /** The connection. @throws CacheTierUnavailableError while there is none */
  readonly connection: () => RedisConnection;
  readonly scope: ScriptScope;
  readonly time: RedisTime;
  readonly clock: Clock;
  /** Name of the cache, for the log. */
  readonly cache: string;
  readonly codec: CacheCodec;
  /** How long it is remembered that something was invalidated, in milliseconds: longer than any load takes. */
  readonly recordLifeMs: number;
}

/**
 * Entries in Redis, for all instances. Each has a version, and nothing is overwritten by what is older. Clearing and
 * invalidating tags raise a record, however many entries they hit; Redis forgets the entries when their lives end.
 */
export class RedisStore implements SharedStore {
  readonly #options: RedisStoreOptions;
  readonly #reader: EntryReader;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#reader = new EntryReader(options);
  }

  /** How many entries could not be read. */
  get undecodable(): number {
    return this.#reader.undecodable;
  }

  /** In one round trip, and in a second one where there are tags. */
  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    if (keys.length <= BATCH) return this.#getBatch(keys);
    return (await Promise.all(inBatches(keys).map((batch) => this.#getBatch(batch)))).flat();
  }

  /** In one pipeline. */
  setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<readonly string[]> {
    const now = this.#options.clock.now();
    const requests = entries.map(([key, entry]) => this.#requestOf(key, entry, kind, now));
    return this.#storeAll(entries, requests);
  }

  async invalidate(what: Invalidation, calledAt?: readonly number[]): Promise<void> {
    const { connection, scope, time, clock, recordLifeMs } = this.#options;
    const [kind, names] = this.#named(what);
    const now = clock.now();
    const count = kind === 'everything' ? 1 : names.length;
    const at = Array.from({ length: count }, (_, index) => time.latest(calledAt?.[index] ?? now));
    const common = { what: kind, isCall: calledAt === undefined, recordLifeMs };
    const requests: InvalidateRequest[] =
      kind === 'everything'
        ? [{ ...common, names: [], at }]
        : inBatches(names).map((batch, index) => {
            const from = index * BATCH;
            return { ...common, names: batch, at: at.slice(from, from + BATCH) };
          });
    await Promise.all(requests.map((request) => runInvalidate(connection(), scope, request)));
  }

  async lock(key: string, lifeMs: number): Promise<LoadLock | undefined> {
    const { connection, scope } = this.#options;
    return RedisLock.take(connection, scope.keys.lock(key), lifeMs);
  }

  async check(): Promise<StoreCheck> {
    const { connection, scope, time, clock } = this.#options;
    const { read, write } = await check(connection(), scope, time.earliest(clock.now()));
    return { read, write };
  }

  async #storeAll(
    entries: readonly KeyedEntry[],
    requests: readonly (StoreRequest | undefined)[],
  ): Promise<readonly string[]> {
    const { connection, scope } = this.#options;
    const accepted = await Promise.all(
      requests.map(
        async (request) => request === undefined || runStore(connection(), scope, request),
      ),
    );
    return entries.filter((_, index) => !accepted[index]).map(([key]) => key);
  }

  #named(what: Invalidation): [InvalidateRequest['what'], readonly string[]] {
    const { keys } = this.#options.scope;
    if (what === 'everything') return ['everything', []];
    if ('keys' in what) return ['keys', what.keys.map((key) => keys.entry(key))];
    if ('expired' in what) return ['expired', what.expired.map((key) => keys.entry(key))];
    return ['tags', what.tags.map((tag) => keys.tag(tag))];
  }

  /** @returns `undefined` where the life of the entry is over */
  #requestOf(
    key: string,
    entry: CacheEntry,
    kind: WriteKind,
    now: number,
  ): StoreRequest | undefined {
    const { keys } = this.#options.scope;
    const encoded = encodeEntry(entry, now, this.#options.codec);
    return (
      encoded && {
        ...encoded,
        entry: keys.entry(key),
        tags: (entry.tags ?? []).map((tag) => keys.tag(tag)),
        at: this.#options.time.earliest(entry.asOf),
        isCall: kind === 'call',
        announce: ANNOUNCEMENT[kind],
      }
    );
  }

  async #getBatch(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const { scope } = this.#options;
    const names = keys.map((key) => scope.keys.entry(key));
    const texts = await this.#read([...names, scope.keys.clear]);
    const clear = versionFrom(texts[keys.length]);
    const stored = keys.map((_, index) => this.#present(texts[index], clear));
    return stored.some((one) => one?.entry.tags)
      ? this.#unlessInvalidated(stored)
      : entriesOf(stored);
  }

  /** What stands in Redis, lives and was not cleared; of its tags nothing is known yet. */
  #present(text: string | null | undefined, clear: number): StoredEntry | undefined {
    const stored = text == null ? undefined : this.#reader.read(text);
    return stored !== undefined && stored.version > clear ? stored : undefined;
  }

  /** Drops what was invalidated by a tag, also by one that Redis has no record of any more. */
  async #unlessInvalidated(
    stored: readonly (StoredEntry | undefined)[],
  ): Promise<readonly (CacheEntry | undefined)[]> {
    const { keys } = this.#options.scope;
    const tags = [...new Set(stored.flatMap((one) => one?.entry.tags ?? []))];
    const names = inBatches(tags.map((tag) => keys.tag(tag)));
    const texts = (await Promise.all(names.map((batch) => this.#read(batch)))).flat();
    const records = new Map(tags.map((tag, index) => [tag, versionFrom(texts[index])]));
    const isCurrent = ({ entry, version }: StoredEntry): boolean =>
      (entry.tags ?? []).every((tag) => version > (records.get(tag) ?? Infinity));
    return stored.map((one) => (one && isCurrent(one) ? one.entry : undefined));
  }

  async #read(names: readonly string[]): Promise<(string | null)[]> {
    return (await this.#options.connection().send(['MGET', ...names])) as (string | null)[];
  }
}

function entriesOf(stored: readonly (StoredEntry | undefined)[]): (CacheEntry | undefined)[] {
  return stored.map((one) => one?.entry);
}

/** A record that is not there makes invalid whatever depends on it. */
function versionFrom(text: string | null | undefined): number {
  return text == null ? Infinity : Number(text);
}

/** Short enough that no command holds the server up. */
function inBatches(names: readonly string[]): (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < names.length; at += BATCH) batches.push(names.slice(at, at + BATCH));
  return batches;
}
