import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { CacheUnavailableError } from '../cache.errors.js';
import type { CacheService } from '../cache.service.js';

/** What Keyv wraps around a value; lives are the cache's own affair, so that `expires` stays out. */
interface Envelope {
  readonly value: unknown;
}

/**
 * Stands for the default TTL 0 (do not store) on its way through Keyv, which takes 0 for "for ever".
 * No life of a user is so short.
 */
export const NOT_STORED_TTL = Number.MIN_VALUE;

/** A {@link CacheService} as a Keyv store. */
export class KeyvAdapter implements KeyvStoreAdapter {
  readonly opts = {};
  namespace?: string | undefined;
  readonly #cache: CacheService;
  readonly #keyOf: (key: string) => string;

  /** @param keyOf the key in the cache of a key of the store */
  constructor(cache: CacheService, keyOf: (key: string) => string) {
    this.#cache = cache;
    this.#keyOf = keyOf;
  }

  /** @throws when the cache is down; cache-manager makes it a miss and emits the error */
  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const found = await this.#cache.lookup(this.#keyOf(key));
    return found.hit ? ({ value: found.value } as StoredData<Value>) : undefined;
  }

  /** @param ttl milliseconds; absent = for ever, as Keyv means it */
  set(key: string, { value }: Envelope, ttl: number = Infinity): Promise<boolean> {
    return this.#cache.set(this.#keyOf(key), value, { ttl: ttl === NOT_STORED_TTL ? 0 : ttl });
  }

  /** @throws CacheUnavailableError when it is not acknowledged, which Keyv and cache-manager would otherwise report as done */
  async delete(key: string): Promise<boolean> {
    if (!(await this.#cache.delete(this.#keyOf(key)))) throw new CacheUnavailableError('cache');
    return true;
  }

  /** @throws CacheUnavailableError when it is not acknowledged */
  async clear(): Promise<void> {
    if (!(await this.#cache.clear())) throw new CacheUnavailableError('cache');
  }

  /** There are no events: failures are recorded by the cache's operations. */
  on(): this {
    return this;
  }
}
