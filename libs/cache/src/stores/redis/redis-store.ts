import { LogThrottle, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger, redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../cache-store.js';
import { decodeEntry, encodeEntry, type StoredEntry } from './entry-codec.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { check } from './redis-session.js';
import { storeCommand, type StoreArguments } from './store-script.js';
import type { SharedStore } from '../../tiers/shared-store.js';

/** Names in one command. */
const BATCH = 500;

/** What a store in Redis needs to know. */
export interface RedisStoreOptions {
  /** The connection. @throws CacheTierUnavailableError while there is none */
  readonly connection: () => RedisConnection;
  readonly keys: RedisKeys;
  readonly clock: Clock;
  /** Name of the cache, for the log. */
  readonly cache: string;
}

/**
 * Entries in Redis, for all instances. Clearing and invalidating tags take back the names under which entries were
 * stored, however many there are; Redis forgets the entries when their lives end. An untagged entry is one round trip.
 */
export class RedisStore implements SharedStore {
  readonly #options: RedisStoreOptions;
  readonly #clock: Clock;
  readonly #keys: RedisKeys;
  readonly #logger = new GuardedLogger('Cache');
  readonly #undecodable: LogThrottle;
  #isTeaching = false;
  readonly size = undefined;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#keys = options.keys;
    this.#undecodable = new LogThrottle(options.clock);
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const [text, epoch] = await this.#read([this.#keys.entry(key), this.#keys.epoch]);
    const stored = this.#present(text, epoch);
    if (stored?.entry.tags === undefined) return stored?.entry;
    return (await this.#unlessInvalidated([stored]))[0];
  }

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const batches = inBatches(keys).map((batch) => this.#getBatch(batch));
    return (await Promise.all(batches)).flat();
  }

  set(key: string, entry: CacheEntry): Promise<void> {
    return this.#store(key, entry);
  }

  /** In one pipeline. */
  async setMany(entries: readonly KeyedEntry[]): Promise<void> {
    await Promise.all(entries.map(([key, entry]) => this.#store(key, entry)));
  }

  async delete(key: string): Promise<void> {
    await this.deleteMany([key]);
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    await this.#remove(keys.map((key) => this.#keys.entry(key)));
  }

  async clear(): Promise<void> {
    await this.#send(['DEL', this.#keys.epoch]);
  }

  /** Invalidates, for all instances, what carries one of the tags. */
  async invalidateTags(tags: readonly string[]): Promise<void> {
    await this.#remove(tags.map((tag) => this.#keys.tag(tag)));
  }

  async check(): Promise<StoreCheck> {
    const { read, write } = await check(this.#options.connection(), this.#keys);
    return { read, write };
  }

  async #getBatch(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const names = keys.map((key) => this.#keys.entry(key));
    const [epoch, ...texts] = await this.#read([this.#keys.epoch, ...names]);
    return this.#unlessInvalidated(texts.map((text) => this.#present(text, epoch)));
  }

  /** What stands in Redis and was neither cleared nor has expired; of its tags nothing is known yet. */
  #present(
    text: string | null | undefined,
    epoch: string | null | undefined,
  ): StoredEntry | undefined {
    const stored = text == null ? undefined : this.#decode(text);
    if (stored === undefined || stored.epoch !== epoch) return undefined;
    return stored.entry.expiresAt > this.#clock.now() ? stored : undefined;
  }

  /** Drops what was invalidated by a tag: one more round trip, unless nothing carries one. */
  async #unlessInvalidated(
    stored: readonly (StoredEntry | undefined)[],
  ): Promise<readonly (CacheEntry | undefined)[]> {
    const tags = [...new Set(stored.flatMap((one) => one?.entry.tags ?? []))];
    if (tags.length === 0) return stored.map((one) => one?.entry);
    const names = inBatches(tags.map((tag) => this.#keys.tag(tag)));
    const versions = (await Promise.all(names.map((batch) => this.#read(batch)))).flat();
    const present = new Map(tags.map((tag, index) => [tag, versions[index]]));
    return stored.map((one) => (one && isCurrent(one, present) ? one.entry : undefined));
  }

  /** What cannot be read was written by something else: a miss. */
  #decode(text: string): StoredEntry | undefined {
    try {
      return decodeEntry(text, this.#clock);
    } catch (error) {
      const line = this.#undecodable.admit((error as Error).name);
      if (line) {
        this.#logger.warn(
          `${this.#options.cache}: an entry in Redis cannot be read and counts as missing (${line.count} so far). Does something else write under its keys?`,
        );
      }
      return undefined;
    }
  }

  /**
   * A server that has forgotten the script is taught it, for the writes to come; this one stays refused. Sent once more
   * it would come after the deletions that followed it, and undo them.
   */
  async #store(key: string, entry: CacheEntry): Promise<void> {
    const tags = (entry.tags ?? []).map((tag) => this.#keys.tag(tag));
    const what: StoreArguments = {
      names: [this.#keys.entry(key), this.#keys.epoch, ...tags],
      ...encodeEntry(entry, this.#clock),
    };
    try {
      await this.#send(storeCommand(what));
    } catch (error) {
      if (redisReplyCodeOf(error) === 'NOSCRIPT') void this.#teach();
      throw error;
    }
  }

  /** By the test of the connection, which sends the script. Never rejects: the next write that is refused tries again. */
  async #teach(): Promise<void> {
    if (this.#isTeaching) return;
    this.#isTeaching = true;
    await Promise.allSettled([this.check()]);
    this.#isTeaching = false;
  }

  async #remove(names: readonly string[]): Promise<void> {
    const batches = inBatches(names);
    await Promise.all(batches.map((batch) => this.#send(['DEL', ...batch])));
  }

  async #read(keys: readonly string[]): Promise<(string | null)[]> {
    return (await this.#send(['MGET', ...keys])) as (string | null)[];
  }

  #send(args: readonly string[]): Promise<unknown> {
    return this.#options.connection().send(args);
  }
}

/** Short enough that no command holds the server up. */
function inBatches(names: readonly string[]): (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < names.length; at += BATCH) batches.push(names.slice(at, at + BATCH));
  return batches;
}

function isCurrent(
  { entry, tagVersions }: StoredEntry,
  present: ReadonlyMap<string, string | null | undefined>,
): boolean {
  const tags = entry.tags ?? [];
  return tags.every((tag, index) => present.get(tag) === tagVersions[index]);
}
