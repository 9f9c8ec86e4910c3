import { CacheConfigError } from '../cache.errors.js';
import type { MemoryStore } from '../stores/memory-store.js';
import { HybridClock } from '../stores/keyv/hybrid-clock.js';
import { KeyvLink } from '../stores/keyv/keyv-link.js';
import { KeyvSharedStore } from '../stores/keyv/keyv-store.js';
import type { KeyvStoreSource } from '../stores/keyv/keyv-store-source.js';
import { RedisKeys } from '../stores/redis/redis-keys.js';
import type { TieredStore } from '../tiers/tiered-store.js';
import { EngineTiers } from './engine-tiers.js';
import { livesOf, type SharedEngineOptions } from './shared-engine.js';
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
  readonly #link: KeyvLink;
  readonly #tiers: EngineTiers;

  constructor(options: KeyvEngineOptions) {
    const { name, config, clock, codec } = options;
    this.#options = options;
    // Not the names of entries that stand in Redis without Keyv.
    const names = new RedisKeys(`${config.namespace}:${name}:keyv`);
    const source = options.source ?? (() => this.#missing());
    this.#link = new KeyvLink({ source, sentinel: names.sentinel(''), clock, cache: name });
    const { recordLifeMs } = livesOf(config);
    const time = new HybridClock(clock);
    const common = { link: this.#link, names, time, clock, cache: name };
    const store = new KeyvSharedStore({ ...common, codec, recordLifeMs });
    this.#tiers = new EngineTiers(options, { title: 'its store', store, link: this.#link });
  }

  get store(): TieredStore | undefined {
    return this.#tiers.store;
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
    await this.#tiers.flush();
    await this.#link.close();
  }

  end(): void {
    this.#tiers.end();
  }

  get silentMs(): number {
    return this.#tiers.silentMs;
  }

  get evictions(): MemoryStore['evictions'] {
    return this.#tiers.evictions;
  }

  details(): StoreDetails {
    return this.#tiers.details();
  }

  #missing(): never {
    throw new CacheConfigError(
      this.#options.name,
      'its URL is keyv:, but it is given no store. Give it one: CacheModule.forRoot({ store: () => new KeyvRedis(…) }).',
    );
  }
}
