import type { Clock } from 'nestjs-mainstay/common';
import type { CacheConfig } from '../cache.config.js';
import type { Invalidation } from '../invalidation.js';
import type { Invalidations } from '../invalidations.js';
import type { JournalStore } from '../tiers/journal-store.js';
import type { CacheCodec } from '../values/cache-codec.js';

/** What an engine with a tier that instances share is made of. */
export interface SharedEngineOptions {
  readonly name: string;
  readonly config: CacheConfig;
  readonly clock: Clock;
  readonly codec: CacheCodec;
  readonly invalidations: Invalidations;
  /** Is told what other instances have invalidated. */
  readonly onInvalidated: (what: Invalidation) => void;
  /** Keeps what is queued where it outlives the process. @default nothing does */
  readonly journalStore?: JournalStore | undefined;
}

/**
 * How long it is remembered in the shared tier that something was invalidated, beyond the time that a load may take, in
 * milliseconds: a write that could not be told for longer is told as an invalidation.
 */
const RECORD_LIFE_MS = 60_000;
/** The time between deciding to tell a write and telling it, at most, in milliseconds. */
const WRITE_MARGIN_MS = 5_000;

/** How long the shared tier remembers that something was invalidated, and how old a write may be that is made up for. */
export function livesOf({ lockWait, factoryTimeout }: CacheConfig): {
  readonly recordLifeMs: number;
  readonly maxWriteAgeMs: number;
} {
  const recordLifeMs = lockWait + factoryTimeout + RECORD_LIFE_MS;
  return { recordLifeMs, maxWriteAgeMs: recordLifeMs - WRITE_MARGIN_MS };
}
