import type { Clock } from 'nestjs-mainstay/common';
import type { CacheConfig } from '../cache.config.js';
import { CacheConfigError, CacheSelfTestError } from '../cache.errors.js';
import { MemoryStore } from '../stores/memory-store.js';
import type { StoreDetails, StoreEngine } from './store-engine.js';

/** `memory:`: entries in the memory of the process, gone when it is closed. */
export class MemoryEngine implements StoreEngine {
  readonly hasFallback = false;
  readonly #name: string;
  readonly #config: CacheConfig;
  readonly #clock: Clock;
  #store: MemoryStore | undefined;

  constructor(name: string, config: CacheConfig, clock: Clock) {
    this.#name = name;
    this.#config = config;
    this.#clock = clock;
  }

  get store(): MemoryStore | undefined {
    return this.#store;
  }

  validate(): void {
    if (this.#config.url !== 'memory:') {
      throw new CacheConfigError(this.#name, `"memory:" takes nothing after the colon.`);
    }
  }

  /** There is no server to reach: a throw-away store shows that it works in this process. */
  testConnection(): void {
    const { read, write } = new MemoryStore(this.#clock, 1).check();
    this.#require('the engine', read && write);
  }

  createConnection(): void {
    this.#store = new MemoryStore(this.#clock, undefined, this.#config.maxBytes);
  }

  setOptions(): void {
    this.#store?.resize(this.#config.maxEntries);
  }

  async testOperations(): Promise<void> {
    const checked = this.#store?.check();
    this.#require('reading', checked?.read ?? false);
    this.#require('writing', checked?.write ?? false);
  }

  close(): void {
    this.#store?.clear();
    this.#store = undefined;
  }

  get evictions(): MemoryStore['evictions'] {
    return this.#store?.evictions ?? { entries: 0, bytes: 0 };
  }

  details(): StoreDetails {
    return { entries: this.#store?.size ?? 0, maxEntries: this.#config.maxEntries };
  }

  #require(what: string, works: boolean): void {
    if (!works) throw new CacheSelfTestError(this.#name, what);
  }
}
