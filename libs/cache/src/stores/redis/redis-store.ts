import type { Clock } from 'nestjs-mainstay/common';
import type { Invalidation } from '../../invalidation.js';
import type { SharedStore, WriteKind } from '../../tiers/shared-store.js';
import type { CacheCodec } from '../../values/cache-codec.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../cache-store.js';
import { encodeEntry } from '../entry-codec.js';
import { EntryReader } from '../entry-reader.js';
import type { LoadLock } from '../load-lock.js';
import { inBatches, SharedEntries } from '../shared-entries.js';
import { runInvalidate, type InvalidateRequest } from './invalidate-script.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisLock } from './redis-lock.js';
import { check } from './redis-session.js';
import type { RedisTime } from './redis-time.js';
import { runStore, type ScriptScope, type StoreRequest } from './store-script.js';

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
  readonly #entries: SharedEntries;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#reader = new EntryReader(options);
    this.#entries = new SharedEntries({
      names: options.scope.keys,
      reader: this.#reader,
      read: (names) => this.#read(names),
    });
  }

  /** How many entries could not be read. */
  get undecodable(): number {
    return this.#reader.undecodable;
  }

  getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return this.#entries.getMany(keys);
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
    const at = (index: number): number => time.latest(calledAt?.[index] ?? now);
    const common = { what: kind, isCall: calledAt === undefined, recordLifeMs };
    const dated = names.map((name, index) => [name, at(index)] as const);
    const requests: InvalidateRequest[] =
      kind === 'everything'
        ? [{ ...common, names: [], at: [at(0)] }]
        : inBatches(dated).map((batch) => ({
            ...common,
            names: batch.map(([name]) => name),
            at: batch.map(([, moment]) => moment),
          }));
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
    const { recordLifeMs, scope } = this.#options;
    const { keys } = scope;
    const encoded = encodeEntry(entry, now, this.#options.codec);
    return (
      encoded && {
        ...encoded,
        entry: keys.entry(key),
        tags: (entry.tags ?? []).map((tag) => keys.tag(tag)),
        at: this.#options.time.earliest(entry.asOf),
        isCall: kind === 'call',
        announce: ANNOUNCEMENT[kind],
        recordLifeMs,
      }
    );
  }

  /** @throws at once while there is no connection */
  #read(names: readonly string[]): Promise<(string | null)[]> {
    return this.#options.connection().send(['MGET', ...names]) as Promise<(string | null)[]>;
  }
}
