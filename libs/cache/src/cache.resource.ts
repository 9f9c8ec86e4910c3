import type { Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import {
  Resource,
  type BootPolicy,
  type Criticality,
  type InitializationStep,
  type ProbeResult,
  type ResourceMetric,
} from 'nestjs-mainstay/resource';
import { CacheCounts } from './cache-counts.js';
import type { CacheBackend } from './cache-engine.js';
import type { CacheConfig } from './cache.config.js';
import { CacheConfigError, CacheUnavailableError } from './cache.errors.js';
import type { CacheParts } from './cache.module-options.js';
import { cacheMetrics } from './cache.metrics.js';
import { KeyvEngine } from './engines/keyv-engine.js';
import { toCoherentConfig } from './coherent-config.js';
import { MemoryEngine } from './engines/memory-engine.js';
import { RedisEngine } from './engines/redis-engine.js';
import type { StoreEngine } from './engines/store-engine.js';
import type { Invalidation } from './invalidation.js';
import { Invalidations } from './invalidations.js';
import type { CacheStore } from './stores/cache-store.js';
import { taggedJson } from './values/tagged-json.js';

/**
 * Time for a step that needs the server, in milliseconds: one that hangs holds up the next try, and with it the
 * recovery.
 */
const SERVER_STEP_TIMEOUT_MS = 2_000;

/** How a cache is initialised, probed and closed. */
export class CacheResource extends Resource implements CacheBackend {
  override readonly startedBy = 'module';
  readonly name: string;
  override readonly criticality: Criticality;
  override readonly boot: BootPolicy;
  override readonly hasFallback: boolean;
  override readonly system: string | undefined;
  readonly config: CacheConfig;
  readonly clock: Clock;
  readonly counts = new CacheCounts();
  readonly invalidations = new Invalidations();
  override readonly metrics: readonly ResourceMetric[];
  readonly #logger = new GuardedLogger('Cache');
  readonly #parts: CacheParts;
  /** What is to be told of the configuration; nothing once it was. */
  #remarks: readonly string[];
  readonly #engine: StoreEngine;
  #onInvalidated: (what: Invalidation) => void = () => undefined;
  #isClosed = false;

  /**
   * @param parts what it is made of beside its configuration
   * @param instance name of a named instance
   */
  constructor(config: CacheConfig, clock: Clock, parts: CacheParts = {}, instance?: string) {
    super();
    this.name = instance === undefined ? 'cache' : `cache:${instance}`;
    this.criticality = config.criticality;
    this.boot = config.boot;
    const { config: coherent, remarks } = toCoherentConfig(config);
    this.config = coherent;
    this.#remarks = remarks;
    this.clock = clock;
    this.#parts = parts;
    this.#engine = this.#createEngine(parts);
    this.hasFallback = this.#engine.hasFallback;
    this.system = this.#engine.system;
    this.metrics = cacheMetrics(this.counts, this.#engine);
  }

  /**
   * Loads what it needs. To be awaited before the initialisation, whose time is for the server: a wrong password is to
   * end a boot that does not wait long, also where loading the driver takes long.
   */
  async load(): Promise<this> {
    await this.#engine.load?.();
    return this;
  }

  get store(): CacheStore {
    const { store } = this.#engine;
    if (store === undefined) throw new CacheUnavailableError(this.name);
    return store;
  }

  whenInvalidated(listener: (what: Invalidation) => void): void {
    this.#onInvalidated = listener;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  protected steps(): readonly InitializationStep[] {
    const engine = this.#engine;
    const timeoutMs = SERVER_STEP_TIMEOUT_MS;
    return [
      { name: 'validate config', run: () => this.#validateConfig() },
      { name: 'test connection', timeoutMs, run: (signal) => engine.testConnection(signal) },
      { name: 'create connection', timeoutMs, run: (signal) => engine.createConnection(signal) },
      { name: 'set options', timeoutMs, run: (signal) => engine.setOptions(signal) },
      { name: 'test operations', timeoutMs, run: (signal) => engine.testOperations(signal) },
    ];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { read, write } = await this.store.check(signal);
    return { capabilities: { read, write }, details: { ...this.#engine.details() } };
  }

  async close(): Promise<void> {
    await this.#engine.close();
    if (!this.isEnding) return;
    this.#engine.end?.();
    this.#isClosed = true;
  }

  #createEngine({ store, codec = taggedJson, journalStore }: CacheParts): StoreEngine {
    const { name, config, clock, invalidations } = this;
    const isKeyv = store !== undefined || config.url === 'keyv:';
    if (!isKeyv && config.url.startsWith('memory:')) return new MemoryEngine(name, config, clock);
    const onInvalidated = (what: Invalidation): void => this.#onInvalidated(what);
    const common = { name, config, clock, codec, invalidations, onInvalidated, journalStore };
    return isKeyv ? new KeyvEngine({ ...common, source: store }) : new RedisEngine(common);
  }

  /** What the schema cannot judge: the rest of the URL, and values that do not fit together. */
  #validateConfig(): void {
    this.#engine.validate();
    const { name: codec = '' } = this.#parts.codec ?? {};
    if (!/^[\w.-]{0,32}$/.test(codec)) {
      const allowed = 'letters, digits, "-", "." and "_", at most 32';
      throw new CacheConfigError(this.name, `the name of its codec may have ${allowed}.`);
    }
    if (this.#remarks.length === 0) return;
    this.#logger.warn(
      `${this.name}: some options do not fit together: ${this.#remarks.join('; ')}.`,
    );
    this.#remarks = [];
  }
}
