import type { CacheConfig } from './cache.config.js';
import { InvalidCacheRatioError } from './cache.errors.js';
import type { CacheLoadOptions, CacheSetOptions } from './cache.options.js';
import { checkTags } from './keys/check-key.js';
import { TtlReader } from './ttl-reader.js';

/** How long an entry lives and what invalidates it. */
export interface EntryLife {
  /** How long it is fresh, in milliseconds. */
  readonly ttlMs: number;
  /** How long it may stand in after that, in milliseconds. */
  readonly graceMs: number;
  readonly tags: readonly string[] | undefined;
}

/** The lives of a cache's entries: what the caller says, or else what is configured. */
export class EntryLives {
  readonly #config: CacheConfig;
  readonly #ttls = new TtlReader();

  constructor(config: CacheConfig) {
    this.#config = config;
  }

  /** Of a value that is set. @throws InvalidCacheTtlError, InvalidCacheTagError */
  ofWritten(value: unknown, { ttl, grace, tags }: CacheSetOptions): EntryLife {
    const config = this.#config;
    const byDefault = value === null ? config.negativeTtl : config.ttl;
    const ttlMs = ttl === undefined ? byDefault : this.#ttls.read(ttl);
    const graceMs = grace === undefined ? 0 : this.#ttls.readGrace(grace);
    return { ttlMs, graceMs, tags: checked(tags) };
  }

  /** Of a value that a factory made. @throws InvalidCacheTtlError, InvalidCacheTagError */
  ofLoaded(value: unknown, options: CacheLoadOptions): EntryLife {
    const { ttl, negativeTtl, grace, tags } = options;
    const config = this.#config;
    const ttlMs = ttl === undefined ? config.ttl : this.#ttls.read(ttl);
    const negativeMs =
      negativeTtl === undefined ? config.negativeTtl : this.#ttls.read(negativeTtl);
    return {
      ttlMs: value === null ? Math.min(ttlMs, negativeMs) : ttlMs,
      graceMs: grace === undefined ? config.grace : this.#ttls.readGrace(grace),
      tags: checked(tags),
    };
  }

  /**
   * Checks what a caller says before it is needed.
   * @throws InvalidCacheTtlError, InvalidCacheTagError, InvalidCacheRatioError
   */
  check(options: CacheLoadOptions): void {
    const { ttl, negativeTtl, grace, factorySoftTimeout, eagerRefresh, tags } = options;
    if (ttl !== undefined) this.#ttls.read(ttl);
    if (negativeTtl !== undefined) this.#ttls.read(negativeTtl);
    if (grace !== undefined) this.#ttls.readGrace(grace);
    if (factorySoftTimeout !== undefined) this.#ttls.read(factorySoftTimeout);
    if (eagerRefresh !== undefined) checkRatio(eagerRefresh);
    if (tags !== undefined) checkTags(tags);
  }

  /** Whether {@link check} throws nothing. */
  accepts(options: CacheLoadOptions): boolean {
    try {
      this.check(options);
      return true;
    } catch {
      return false;
    }
  }
}

function checkRatio(ratio: number | false): void {
  if (ratio !== false && !(ratio > 0 && ratio < 1)) throw new InvalidCacheRatioError(String(ratio));
}

function checked(tags: readonly string[] | undefined): readonly string[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  checkTags(tags);
  return [...tags];
}
