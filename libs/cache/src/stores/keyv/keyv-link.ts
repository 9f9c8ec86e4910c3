import { formatDuration, redactText, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import {
  CacheSelfTestError,
  CacheTierFailedError,
  CacheTierUnavailableError,
  CacheTimeoutError,
} from '../../cache.errors.js';
import type { SharedLink, SharedLinkListener } from '../../tiers/shared-store.js';
import { within } from '../../tiers/time-limit.js';
import type { StoreCheck } from '../cache-store.js';
import { KeyvClient } from './keyv-client.js';
import type { KeyvStoreSource } from './keyv-store-source.js';

/** A store that takes longer for one call is away, in milliseconds. */
const OVERDUE_MS = 500;
/** The wait before another try is random between these, in milliseconds. */
const MIN_BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 800;
/** Time for a try, in milliseconds. */
const TRY_TIMEOUT_MS = 1_000;
/** Time to give a store up in, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 500;

/** What a link needs to know. */
export interface KeyvLinkOptions {
  readonly source: KeyvStoreSource;
  /** What the names of sentinels begin with. */
  readonly sentinel: string;
  readonly clock: Clock;
  /** Name of the cache. */
  readonly cache: string;
}

/**
 * The way to a store of Keyv, of which nothing is known but how calls end: one that fails, or takes longer than 500 ms,
 * says that the store is away. Until a test passes, which is tried every second, nothing else is asked of it. It has no
 * messages, so that no copy is ever as good as what the store has.
 */
export class KeyvLink implements SharedLink {
  readonly trustedUntil = -Infinity;
  readonly #options: KeyvLinkOptions;
  readonly #logger = new GuardedLogger('Cache');
  readonly #waiting = new Set<{ readonly since: number }>();
  #lasting: KeyvClient | undefined;
  #client: KeyvClient | undefined;
  #isUp = false;
  #lostAt: number;
  #stop = new AbortController();
  #onUp: () => void = () => undefined;

  constructor(options: KeyvLinkOptions) {
    this.#options = options;
    this.#lostAt = options.clock.now();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get silentSince(): number {
    if (!this.#isUp) return this.#lostAt;
    const [oldest] = this.#waiting;
    return oldest?.since ?? this.#options.clock.now();
  }

  listen(listener: SharedLinkListener): void {
    this.#onUp = () => listener.opened();
  }

  /**
   * Asks the store.
   * @throws CacheTierUnavailableError while it is away; CacheTimeoutError, CacheTierFailedError, with which it is
   */
  async ask<T>(work: (client: KeyvClient) => Promise<T>): Promise<T> {
    const { cache, clock } = this.#options;
    const client = this.#client;
    if (!this.#isUp || client === undefined) throw new CacheTierUnavailableError(cache);
    const call = { since: clock.now() };
    this.#waiting.add(call);
    try {
      const onTimeout = (): Error => new CacheTimeoutError(cache, OVERDUE_MS);
      return await within(clock, OVERDUE_MS, work(client), onTimeout);
    } catch (reason) {
      const error = this.#failure(reason);
      this.#lost(client, error);
      throw error;
    } finally {
      this.#waiting.delete(call);
    }
  }

  /** Tests a store that is given up at once, where there can be several. */
  async tryOut(): Promise<void> {
    const client = await this.#open();
    try {
      await this.#checked(client);
    } finally {
      if (client !== this.#lasting) await this.#giveUp(client);
    }
  }

  /** Takes a store, which is not trusted yet. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    const stop = this.#stop.signal;
    const client = await this.#open();
    if (signal.aborted || stop.aborted) {
      void this.#giveUp(client);
      signal.throwIfAborted();
      stop.throwIfAborted();
    }
    this.#replace(client);
  }

  /** Tests the store and trusts it. */
  async test(): Promise<void> {
    const { cache } = this.#options;
    const client = this.#client;
    if (client === undefined) throw new CacheTierUnavailableError(cache);
    const { read, write } = await this.#checked(client);
    if (!read) throw new CacheSelfTestError(cache, 'reading');
    if (!write) throw new CacheSelfTestError(cache, 'writing');
    if (client !== this.#client) throw new CacheTierUnavailableError(cache);
    this.#isUp = true;
    this.#onUp();
  }

  /** Gives the store up, and the tries to get it back; {@link connect} may begin anew. */
  async close(): Promise<void> {
    this.#stop.abort(new CacheTierUnavailableError(this.#options.cache));
    const client = this.#client;
    this.#client = undefined;
    if (this.#isUp) this.#lostAt = this.silentSince;
    this.#isUp = false;
    if (client) await this.#giveUp(client);
  }

  /** A function makes a store for each connection; a store that was given is the same each time. */
  async #open(): Promise<KeyvClient> {
    const { source } = this.#options;
    if (typeof source === 'function') return new KeyvClient(await source());
    this.#lasting ??= new KeyvClient(source);
    return this.#lasting;
  }

  async #checked(client: KeyvClient): Promise<StoreCheck> {
    const { clock, cache, sentinel } = this.#options;
    const onTimeout = (): Error => new CacheTimeoutError(cache, TRY_TIMEOUT_MS);
    try {
      return await within(clock, TRY_TIMEOUT_MS, client.check(sentinel), onTimeout);
    } catch (reason) {
      throw this.#failure(reason);
    }
  }

  #lost(client: KeyvClient, reason: Error): void {
    if (!this.#isUp || client !== this.#client) return;
    this.#lostAt = this.silentSince;
    this.#isUp = false;
    this.#logger.warn(
      `${this.#options.cache} lost its store: ${messageOf(reason)}. It answers from memory and factories, and tries again every second.`,
    );
    void this.#recover(this.#stop.signal);
  }

  /** Never rejects. */
  async #recover(stop: AbortSignal): Promise<void> {
    const { clock, cache } = this.#options;
    while (!stop.aborted) {
      try {
        const backOffMs = MIN_BACK_OFF_MS + clock.random() * (MAX_BACK_OFF_MS - MIN_BACK_OFF_MS);
        await clock.sleep(backOffMs, stop, { background: true });
        await this.#tryAgain(stop);
        const awayMs = clock.now() - this.#lostAt;
        this.#logger.log(`${cache} has its store again after ${formatDuration(awayMs)}`);
        return;
      } catch (error) {
        if (!stop.aborted) this.#logger.debug(`${cache}: its store is away: ${messageOf(error)}`);
      }
    }
  }

  #tryAgain(stop: AbortSignal): Promise<void> {
    const onTimeout = (): Error => new CacheTimeoutError(this.#options.cache, TRY_TIMEOUT_MS);
    const options = { timeoutMs: TRY_TIMEOUT_MS, signal: stop, onTimeout };
    return withDeadline(this.#options.clock, options, async (signal) => {
      await this.connect(signal);
      await this.test();
    });
  }

  #replace(client: KeyvClient): void {
    const former = this.#client;
    this.#client = client;
    if (former && former !== client) void this.#giveUp(former);
  }

  /** Whatever a store says to being given up: nobody asks it any more. */
  async #giveUp(client: KeyvClient): Promise<void> {
    const { clock, cache } = this.#options;
    const onTimeout = (): Error => new CacheTimeoutError(cache, DISCONNECT_TIMEOUT_MS);
    const [given] = await Promise.allSettled([
      within(clock, DISCONNECT_TIMEOUT_MS, client.disconnect(), onTimeout),
    ]);
    if (given.status === 'rejected') {
      this.#logger.debug(`${cache}: its store was not disconnected: ${messageOf(given.reason)}`);
    }
  }

  #failure(reason: unknown): Error {
    const isOwn =
      reason instanceof CacheTimeoutError || reason instanceof CacheTierUnavailableError;
    return isOwn ? reason : new CacheTierFailedError(this.#options.cache, reason);
  }
}

function messageOf(error: unknown): string {
  return redactText(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
