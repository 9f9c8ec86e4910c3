import type { Clock } from 'nestjs-mainstay/common';
import { CacheTierUnavailableError } from '../cache.errors.js';
import type { Awaitable } from '../stores/awaitable.js';
import type { CacheEntry, ReadOptions } from '../stores/cache-store.js';
import type { LocalCopies } from './local-copies.js';
import type { SharedReads } from './shared-reads.js';
import { HARD_TIMEOUT_MS, SOFT_TIMEOUT_MS, type TierCalls } from './tier-calls.js';
import type { WriteJournal } from './write-journal.js';

/** What reads through the tiers need. */
export interface TieredReadsOptions {
  /** Name of the cache, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly copies: LocalCopies;
  readonly journal: WriteJournal;
  readonly calls: TierCalls;
  readonly reads: SharedReads;
}

/**
 * Reads through the tiers: copies that are trusted answer at once, the shared tier is asked for the rest. What is queued
 * for it is not asked for: what was written is a copy, and what was invalidated is not there.
 */
export class TieredReads {
  readonly #options: TieredReadsOptions;

  constructor(options: TieredReadsOptions) {
    this.#options = options;
  }

  /** The entry of a key. @throws CacheTierUnavailableError, CacheTimeoutError, and what the shared tier throws */
  get(key: string, options?: ReadOptions): Awaitable<CacheEntry | undefined> {
    return this.#trusted(key) ?? this.#ask(key, options);
  }

  /** As {@link get} for several keys, in their order. */
  async getMany(
    keys: readonly string[],
    options?: ReadOptions,
  ): Promise<readonly (CacheEntry | undefined)[]> {
    const copies = keys.map((key) => this.#trusted(key));
    const unknown = [...new Set(keys.filter((_, index) => copies[index] === undefined))];
    if (unknown.length === 0) return copies;
    const { calls, copies: local, journal, reads } = this.#options;
    calls.admit();
    const found = new Map<string, CacheEntry | undefined>();
    for (const key of unknown) if (journal.hides(key)) found.set(key, local.find(key));
    if (found.size === unknown.length) this.#refuseCopies([...found.values()]);
    const missing = unknown.filter((key) => !found.has(key) && !this.#isLoading(key, options));
    if (missing.length > 0) {
      const hasCopies = (): boolean => missing.every((key) => local.find(key) !== undefined);
      const isSoft = options?.hasAlternative === true || hasCopies();
      const entries = await reads.getMany(missing, timeoutMs(isSoft));
      for (const [index, key] of missing.entries()) found.set(key, entries[index]);
    }
    return keys.map((key, index) => copies[index] ?? found.get(key));
  }

  #trusted(key: string): CacheEntry | undefined {
    const copy = this.#options.copies.findTrusted(key);
    return copy !== undefined && this.#options.journal.hides(key, copy.tags) ? undefined : copy;
  }

  async #ask(key: string, options: ReadOptions | undefined): Promise<CacheEntry | undefined> {
    const { calls, copies, journal, reads } = this.#options;
    calls.admit();
    const copy = copies.find(key);
    if (journal.hides(key)) {
      this.#refuseCopies([copy]);
      return undefined;
    }
    if (this.#isLoading(key, options)) return undefined;
    const isSoft = options?.hasAlternative === true || copy !== undefined;
    return reads.get(key, timeoutMs(isSoft));
  }

  /** What was written here and not acknowledged is a copy, and no more: who falls back to it tells it as that. */
  #refuseCopies(hidden: readonly (CacheEntry | undefined)[]): void {
    if (hidden.every(Boolean)) throw new CacheTierUnavailableError(this.#options.name);
  }

  /** Whether a load will bring what a read could, and nothing fresh is here that would be given sooner. */
  #isLoading(key: string, options: ReadOptions | undefined): boolean {
    const { copies, clock } = this.#options;
    if (!copies.isTrusted || options?.isLoading?.(key) !== true) return false;
    const copy = copies.find(key);
    return copy === undefined || copy.expiresAt <= clock.now();
  }
}

function timeoutMs(isSoft: boolean): number {
  return isSoft ? SOFT_TIMEOUT_MS : HARD_TIMEOUT_MS;
}
