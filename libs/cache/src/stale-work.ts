import type { CacheEngine } from './cache-engine.js';
import type { CacheLoaded, CacheLookup } from './cache.options.js';
import type { CacheEntry } from './stores/cache-store.js';
import type { StoreWork } from './store-work.js';
import type { BatchLoadRequest, LoadRequest } from './loading/load-request.js';
import { readCachedValue } from './values/cached-value.js';

/** Made once and without a stack: while the shared tier is away every read of an unknown key would make one. */
const NO_COPY = new Error('There is no copy in the memory of this process.');
delete NO_COPY.stack;

/**
 * What reads fall back to when the shared tier does not answer: copies in the memory of the process, which may be out
 * of date. Each takes the error of the read and its argument, and throws where there is no copy.
 */
export class StaleWork {
  readonly #engine: CacheEngine;
  readonly #work: StoreWork;

  constructor(engine: CacheEngine, work: StoreWork) {
    this.#engine = engine;
    this.#work = work;
  }

  readonly get = (_error: unknown, key: string): unknown => readCachedValue(this.#copyOf(key));

  readonly lookup = (_error: unknown, key: string): CacheLookup<unknown> =>
    this.#work.describe(this.#copyOf(key), 'l1', true);

  readonly getForLoad = (_error: unknown, request: LoadRequest): unknown =>
    readCachedValue(this.#copyForLoad(request));

  readonly lookupForLoad = (_error: unknown, request: LoadRequest): CacheLoaded<unknown> => ({
    value: readCachedValue(this.#copyForLoad(request)),
    source: 'l1',
    stale: true,
  });

  /** `undefined` for the keys without a copy. @throws when no key has one */
  readonly getMany = (_error: unknown, keys: readonly string[]): unknown[] => {
    const copies = keys.map((key) => this.#engine.copyOf(key));
    return this.#values(copies.map((copy) => this.#fresh(copy)));
  };

  readonly getManyForLoad = (_error: unknown, { keys, stale }: BatchLoadRequest): unknown[] => {
    const copies = keys.map((key) => {
      const copy = this.#engine.copyOf(key);
      if (copy === undefined || this.#engine.isFresh(copy)) return copy;
      stale.set(key, copy);
      return undefined;
    });
    return this.#values(copies);
  };

  /** What is past its TTL is no answer, but may stand in for what is loaded. */
  #copyForLoad(request: LoadRequest): CacheEntry {
    const copy = this.#work.freshOf(request, this.#engine.copyOf(request.key));
    if (copy === undefined) throw NO_COPY;
    this.#engine.counts.hits.stale++;
    return copy;
  }

  #copyOf(key: string): CacheEntry {
    const copy = this.#fresh(this.#engine.copyOf(key));
    if (copy === undefined) throw NO_COPY;
    this.#engine.counts.hits.stale++;
    return copy;
  }

  #fresh(copy: CacheEntry | undefined): CacheEntry | undefined {
    return copy && this.#engine.isFresh(copy) ? copy : undefined;
  }

  #values(copies: readonly (CacheEntry | undefined)[]): unknown[] {
    const found = copies.filter(Boolean).length;
    if (found === 0) throw NO_COPY;
    this.#engine.counts.hits.stale += found;
    return copies.map((copy) => copy && readCachedValue(copy));
  }
}
