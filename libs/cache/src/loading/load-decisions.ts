import type { CacheBatchFactoryContext, CacheLoadOptions } from '../cache.options.js';
import { checkTags } from '../keys/check-key.js';
import { parseTtl, type Ttl } from '../ttl.js';
import { readCachedValue } from '../values/cached-value.js';
import type { StaleEntries } from './flight.js';

/** What ends a load; made only where it is read. */
export interface LoadSignal {
  readonly signal: AbortSignal;
}

/** The {@link CacheBatchFactoryContext} of one load: what its caller asked for, and what the factory decides about it. */
export class LoadDecisions implements CacheBatchFactoryContext {
  readonly #options: CacheLoadOptions;
  readonly #operation: LoadSignal;
  readonly #entries: StaleEntries;
  #stale: ReadonlyMap<string, unknown> | undefined;
  #ttlMs: number | undefined;
  #tags: readonly string[] | undefined;
  #isSkipped = false;

  constructor(options: CacheLoadOptions, operation: LoadSignal, stale: StaleEntries) {
    this.#options = options;
    this.#operation = operation;
    this.#entries = stale;
  }

  get signal(): AbortSignal {
    return this.#operation.signal;
  }

  get stale(): ReadonlyMap<string, unknown> {
    this.#stale ??= new Map(
      [...this.#entries].map(([key, entry]) => [key, readCachedValue(entry)]),
    );
    return this.#stale;
  }

  /** Whether the factory asked not to store its result. */
  get isSkipped(): boolean {
    return this.#isSkipped;
  }

  /** The factory's own decision about the life of its result, in milliseconds. */
  get ttlMs(): number | undefined {
    return this.#ttlMs;
  }

  get tags(): readonly string[] | undefined {
    return this.#tags ?? this.#options.tags;
  }

  // Functions of the instance, so that a factory may take them apart: ({ setTtl }) => …
  readonly setTtl = (ttl: Ttl): void => {
    this.#ttlMs = parseTtl(ttl);
  };

  readonly setTags = (...tags: string[]): void => {
    checkTags(tags);
    this.#tags = tags;
  };

  readonly skip = (): void => {
    this.#isSkipped = true;
  };
}
