import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { CacheConfigError } from '../cache.errors.js';
import { MemoryStore } from '../stores/memory-store.js';
import { HybridClock } from '../stores/keyv/hybrid-clock.js';
import { KeyvLink } from '../stores/keyv/keyv-link.js';
import { KeyvSharedStore } from '../stores/keyv/keyv-store.js';
import type { KeyvStoreSource } from '../stores/keyv/keyv-store-source.js';
import { RedisKeys } from '../stores/redis/redis-keys.js';
import { TieredStore } from '../tiers/tiered-store.js';
import {
  describeLost,
  FLUSH_TIMEOUT_MS,
  livesOf,
  type SharedEngineOptions,
} from './shared-engine.js';
import type { StoreDetails, StoreEngine } from './store-engine.js';

/** What an engine on a store of Keyv is made of. */
export interface KeyvEngineOptions extends SharedEngineOptions {
  /** @default none, which is a mistake */
  readonly source: KeyvStoreSource | undefined;
}

/** `keyv:`: entries in a store of Keyv that the application gives, and copies in the memory of the process. */
export class KeyvEngine implements StoreEngine {
  readonly hasFallback = true;
  readonly #options: KeyvEngineOptions;
  readonly #memory: MemoryStore;
  readonly #link: KeyvLink;
  readonly #shared: KeyvSharedStore;
  readonly #store: TieredStore;
  readonly #logger = new GuardedLogger('Cache');
  #isEnded = false;

  constructor(options: KeyvEngineOptions) {
    const { name, config, clock, codec, invalidations, onInvalidated, journalStore } = options;
    this.#options = options;
    // Not the names of entries that stand in Redis without Keyv.
    const names = new RedisKeys(`${config.namespace}:${name}:keyv`);
    const source = options.source ?? (() => this.#missing());
    this.#link = new KeyvLink({ source, sentinel: names.sentinel(''), clock, cache: name });
    const { recordLifeMs, maxWriteAgeMs } = livesOf(config);
    const time = new HybridClock(clock);
    const common = { link: this.#link, names, time, clock, cache: name };
    this.#shared = new KeyvSharedStore({ ...common, codec, recordLifeMs });
    this.#memory = new MemoryStore(clock, config.maxEntries, config.maxBytes);
    this.#store = new TieredStore({
      name,
      clock,
      memory: this.#memory,
      shared: this.#shared,
      link: this.#link,
      invalidations,
      onInvalidated,
      maxWriteAgeMs,
      kept: journalStore && { in: journalStore, as: `${config.namespace}:${name}` },
    });
  }

  get store(): TieredStore | undefined {
    return this.#isEnded ? undefined : this.#store;
  }

  validate(): void {
    const { name, config, source } = this.#options;
    if (source === undefined) this.#missing();
    if (config.url === 'keyv:' || config.url === 'memory:') return;
    throw new CacheConfigError(
      name,
      'it is given a store, and a URL (CACHE_URL) that names another one. Take one of the two away, or write keyv: for the URL.',
    );
  }

  testConnection(): Promise<void> {
    return this.#link.tryOut();
  }

  createConnection(signal: AbortSignal): Promise<void> {
    return this.#link.connect(signal);
  }

  /** A store of Keyv has been given its options by who made it. */
  setOptions(): void {}

  testOperations(): Promise<void> {
    return this.#link.test();
  }

  async close(): Promise<void> {
    await this.#store.flush(FLUSH_TIMEOUT_MS);
    await this.#link.close();
  }

  end(): void {
    this.#isEnded = true;
    this.#store.end();
    const { queued } = this.#store;
    if (queued === 0 || this.#options.journalStore) return;
    this.#logger.warn(describeLost(this.#options.name, queued, 'its store'));
  }

  get silentMs(): number {
    return Math.max(0, this.#options.clock.now() - this.#link.silentSince);
  }

  get evictions(): MemoryStore['evictions'] {
    return this.#memory.evictions;
  }

  details(): StoreDetails {
    const { maxEntries } = this.#options.config;
    const { queued } = this.#store;
    const { undecodable } = this.#shared;
    return { entries: this.#memory.size, maxEntries, queued, undecodable };
  }

  #missing(): never {
    throw new CacheConfigError(
      this.#options.name,
      'its URL is keyv:, but it is given no store. Give it one: CacheModule.forRoot({ store: () => new KeyvRedis(…) }).',
    );
  }
}
