import type { OperationContext } from 'nestjs-mainstay/resilience';
import type { CacheFactoryContext, CacheLoadOptions } from '../cache.options.js';
import { checkTags } from '../keys/check-key.js';
import { parseTtl, type Ttl } from '../ttl.js';

/** The {@link CacheFactoryContext} of one load: what the caller asked for, and what the factory decides about it. */
export class LoadDecisions implements CacheFactoryContext {
  readonly #options: CacheLoadOptions;
  readonly #operation: OperationContext;
  #ttlMs: number | undefined;
  #tags: readonly string[] | undefined;
  #isSkipped = false;

  constructor(options: CacheLoadOptions, operation: OperationContext) {
    this.#options = options;
    this.#operation = operation;
  }

  get signal(): AbortSignal {
    return this.#operation.signal;
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
