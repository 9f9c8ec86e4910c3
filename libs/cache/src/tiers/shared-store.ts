import type { Invalidation } from '../invalidation.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../stores/cache-store.js';
import type { LoadLock } from '../stores/load-lock.js';

/**
 * How a write came about, which decides what it may replace: a `call` that is waiting is newer than what is there; a
 * `load` is as of its start; a `replay` makes up for a call and is as of that. Where instances are told of writes, they
 * are of a load only if it has replaced what they may still serve.
 */
export type WriteKind = 'call' | 'load' | 'replay';

/**
 * How long after the call a write may be executed and still count as of then, in milliseconds: its caller waits for 500 ms.
 * What is executed later (it lay in a frozen server or in a proxy) counts as of its call.
 */
export const CALL_WINDOW_MS = 600;

/** A store that instances share. What it has done, it has done for all of them. */
export interface SharedStore {
  /** The entries of keys, in their order, but for what was invalidated. */
  getMany(keys: readonly string[]): PromiseLike<readonly (CacheEntry | undefined)[]>;
  /**
   * Writes entries, each unless something newer is there; an entry whose life is over is not written.
   * @returns the keys for which something newer is there
   * @throws CacheEncodeError at once, not as a rejection, where an entry has no form in it: none was sent
   */
  setMany(entries: readonly KeyedEntry[], kind: WriteKind): PromiseLike<readonly string[]>;
  /**
   * Invalidates what is older, loads that have begun before included.
   * @param calledAt when the calls were that are made up for, as times of `Clock.now()`: of each key or tag, or one of
   * everything; what is yet to come counts as now. @default now, by a call that is waiting
   */
  invalidate(what: Invalidation, calledAt?: readonly number[]): PromiseLike<void>;
  /**
   * Takes the lock of a key, which ends by itself after `lifeMs`.
   * @returns `undefined`: another has it
   * @default nobody is locked out
   */
  lock?(key: string, lifeMs: number): PromiseLike<LoadLock | undefined>;
  /** Writes, reads back and deletes a sentinel. */
  check(): PromiseLike<StoreCheck>;
}

/** Who wants to know what happens to a {@link SharedLink}. */
export interface SharedLinkListener {
  /** The way is open again. */
  opened(): void;
  /** Another instance has invalidated something. */
  invalidated(what: Invalidation): void;
  /** Other instances may have invalidated something of which nothing was heard. */
  missed(): void;
  /** The shared tier has forgotten writes and invalidations that it had acknowledged, of any instance. */
  forgot(): void;
}

/** What is known of the way to a {@link SharedStore}. */
export interface SharedLink {
  readonly isUp: boolean;
  /** Since when nothing was heard, as a time of the clock; now, while nothing is owed. */
  readonly silentSince: number;
  /**
   * Until when it is known that nothing was missed of what other instances invalidate, as a time of the clock;
   * `-Infinity` where it is not.
   */
  readonly trustedUntil: number;
  listen(listener: SharedLinkListener): void;
}
