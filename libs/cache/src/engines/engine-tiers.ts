import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { MemoryStore } from '../stores/memory-store.js';
import type { SharedLink, SharedStore } from '../tiers/shared-store.js';
import { TieredStore } from '../tiers/tiered-store.js';
import { livesOf, type SharedEngineOptions } from './shared-engine.js';
import type { StoreDetails } from './store-engine.js';

/** Time for what is queued to be sent when the cache is closed, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1_000;

/** The tier that instances share. */
export interface SharedTier {
  /** What it is called where its name is said: `'Redis'`. */
  readonly title: string;
  readonly store: SharedStore & Required<Pick<StoreDetails, 'undecodable'>>;
  readonly link: SharedLink;
}

/** The tiers of an engine, the memory of the process before what instances share, from the first call to the end. */
export class EngineTiers {
  readonly #options: SharedEngineOptions;
  readonly #shared: SharedTier;
  readonly #memory: MemoryStore;
  readonly #store: TieredStore;
  readonly #logger = new GuardedLogger('Cache');
  /** There from the beginning to the end: it answers from memory until the shared tier can be reached. */
  store: TieredStore | undefined;

  constructor(options: SharedEngineOptions, shared: SharedTier) {
    const { name, config, clock, invalidations, onInvalidated, journalStore } = options;
    this.#options = options;
    this.#shared = shared;
    this.#memory = new MemoryStore(clock, config.maxEntries, config.maxBytes);
    this.#store = new TieredStore({
      name,
      clock,
      memory: this.#memory,
      shared: shared.store,
      link: shared.link,
      invalidations,
      onInvalidated,
      maxWriteAgeMs: livesOf(config).maxWriteAgeMs,
      kept: journalStore && { in: journalStore, as: `${config.namespace}:${name}` },
    });
    this.store = this.#store;
  }

  /** Waits for what was sent and sends what is queued, for as long as there is time. */
  async flush(): Promise<void> {
    await this.#store.flush(FLUSH_TIMEOUT_MS);
  }

  /** See `StoreEngine.end`. */
  end(): void {
    this.store = undefined;
    this.#store.end();
    const { queued } = this.#store;
    if (queued > 0 && !this.#options.journalStore) this.#logger.warn(this.#describeLost(queued));
  }

  /** See `StoreEngine.silentMs`. */
  get silentMs(): number {
    return Math.max(0, this.#options.clock.now() - this.#shared.link.silentSince);
  }

  /** See `StoreEngine.evictions`. */
  get evictions(): MemoryStore['evictions'] {
    return this.#memory.evictions;
  }

  /** See `StoreEngine.details`. */
  details(): StoreDetails {
    const { maxEntries } = this.#options.config;
    const { queued } = this.#store;
    const { undecodable } = this.#shared.store;
    return { entries: this.#memory.size, maxEntries, queued, undecodable };
  }

  #describeLost(queued: number): string {
    const writes = queued === 1 ? 'write was' : 'writes were';
    return (
      `${this.#options.name} was closed while ${queued} ${writes} queued that ${this.#shared.title} has not acknowledged. ` +
      'They are lost: until their lives end, other instances may serve older values of these keys; clear the cache if that matters.'
    );
  }
}
