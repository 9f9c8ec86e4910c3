import type { CacheBackend, CacheEngine } from '../cache-engine.js';
import type { CacheEntry, KeyedEntry } from '../stores/cache-store.js';
import type { CacheLoader } from './cache-loader.js';
import { LoadBackoffs } from './load-backoffs.js';
import type { LoadOrder } from './load-run.js';

/**
 * Loads values anew, in the background, when they are read while most of their TTL is over: then nobody has to wait for
 * them later. A value stays as it is until there is a new one, or its TTL is over.
 */
export class EagerRefresh {
  readonly #engine: CacheEngine;
  readonly #backend: CacheBackend;
  readonly #loader: CacheLoader;
  /** Apart from those of other loads: these have a fresh value. */
  readonly #backoffs: LoadBackoffs;

  constructor(engine: CacheEngine, backend: CacheBackend, loader: CacheLoader) {
    this.#engine = engine;
    this.#backend = backend;
    this.#loader = loader;
    this.#backoffs = new LoadBackoffs(backend.clock, backend.config.graceBackoff);
  }

  /**
   * Looks at fresh entries, and loads those anew that are old enough, unless somebody does so already or has failed just
   * now. Waits for nothing and never throws.
   * @param ratio the part of its TTL after which an entry is old enough
   */
  look(found: readonly KeyedEntry[], ratio: number, order: LoadOrder): void {
    const isDue = (entry: CacheEntry): boolean => this.#isOlderThan(ratio, entry);
    const due = new Map(found.filter(([key, entry]) => isDue(entry) && this.#mayLoad(key)));
    if (due.size === 0) return;
    const keys = [...due.keys()];
    this.#loader.refresh(due, isDue, order).then(
      () => keys.forEach((key) => this.#backoffs.end(key)),
      () => keys.forEach((key) => this.#backoffs.begin(key)),
    );
  }

  #isOlderThan(ratio: number, { createdAt, expiresAt }: CacheEntry): boolean {
    return this.#backend.clock.now() - createdAt > (expiresAt - createdAt) * ratio;
  }

  #mayLoad(key: string): boolean {
    return this.#engine.flights.find(key) === undefined && !this.#backoffs.isActive(key);
  }
}
