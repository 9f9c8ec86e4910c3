import { Logger } from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import {
  Resource,
  type BootPolicy,
  type Criticality,
  type InitializationStep,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import type { CacheBackend } from './cache-engine.js';
import type { CacheConfig } from './cache.config.js';
import { CacheConfigError, CacheSelfTestError, CacheUnavailableError } from './cache.errors.js';
import type { CacheStore } from './stores/cache-store.js';
import { MemoryStore } from './stores/memory-store.js';

/** How a cache is initialised, probed and closed. */
export class CacheResource extends Resource implements CacheBackend {
  override readonly startedBy = 'module';
  readonly name: string;
  override readonly criticality: Criticality;
  override readonly boot: BootPolicy;
  readonly config: CacheConfig;
  readonly clock: Clock;
  readonly #logger = new Logger('Cache');
  #store: MemoryStore | undefined;

  /** @param instance name of a named instance */
  constructor(config: CacheConfig, clock: Clock, instance?: string) {
    super();
    this.name = instance === undefined ? 'cache' : `cache:${instance}`;
    this.criticality = config.criticality;
    this.boot = config.boot;
    this.config = config;
    this.clock = clock;
  }

  get store(): CacheStore {
    if (this.#store === undefined) throw new CacheUnavailableError(this.name);
    return this.#store;
  }

  protected steps(): readonly InitializationStep[] {
    return [
      { name: 'validate config', run: () => this.#validateConfig() },
      { name: 'test connection', run: () => this.#testConnection() },
      { name: 'create connection', run: () => this.#createConnection() },
      { name: 'set options', run: () => this.#setOptions() },
      { name: 'test operations', run: (signal) => this.#testOperations(signal) },
    ];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { read, write } = await this.store.check(signal);
    const details = { entries: this.store.size ?? 0, maxEntries: this.config.maxEntries };
    return { capabilities: { read, write }, details };
  }

  async close(): Promise<void> {
    this.#store?.clear();
    this.#store = undefined;
  }

  /** What the schema cannot judge: the rest of the URL, and values that do not fit together. */
  #validateConfig(): void {
    const { url, ttl, negativeTtl } = this.config;
    if (url !== 'memory:') {
      throw new CacheConfigError(this.name, `"memory:" takes nothing after the colon.`);
    }
    if (negativeTtl > ttl) {
      this.#logger.warn(
        `${this.name}: negativeTtl (${negativeTtl} ms) is longer than ttl (${ttl} ms); null from a factory is remembered for ttl.`,
      );
    }
  }

  /** The embedded engine has no server to reach: a throw-away store shows that it works in this process. */
  #testConnection(): void {
    const { read, write } = new MemoryStore(this.clock, 1).check();
    this.#require('the engine', read && write);
  }

  #createConnection(): void {
    this.#store = new MemoryStore(this.clock);
  }

  #setOptions(): void {
    this.#store?.resize(this.config.maxEntries);
  }

  async #testOperations(signal: AbortSignal): Promise<void> {
    const { read, write } = await this.store.check(signal);
    this.#require('reading', read);
    this.#require('writing', write);
  }

  #require(what: string, works: boolean): void {
    if (!works) throw new CacheSelfTestError(this.name, what);
  }
}
