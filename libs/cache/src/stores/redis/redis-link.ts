import {
  formatDuration,
  LogThrottle,
  redactText,
  withDeadline,
  type Clock,
} from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { CacheTierUnavailableError, CacheTimeoutError } from '../../cache.errors.js';
import { detectStoreError } from './detect-store-error.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisFeed } from './redis-feed.js';
import { check, fence, identify, requireCheck, type RedisSession } from './redis-session.js';
import type { RedisTime } from './redis-time.js';
import type { ScriptScope } from './store-script.js';
import type { SharedLink, SharedLinkListener } from '../../tiers/shared-store.js';

/** The wait before another try is random between these, in milliseconds. */
const MIN_BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 1_000;
/** Time for a try to connect anew, with its tests, in milliseconds. */
const TRY_TIMEOUT_MS = 1_000;

/** What a link needs to know. */
export interface RedisLinkOptions {
  readonly open: (signal: AbortSignal) => Promise<RedisConnection>;
  readonly clock: Clock;
  /** Name of the cache. */
  readonly cache: string;
  readonly scope: ScriptScope;
  readonly time: RedisTime;
  readonly feed: RedisFeed;
}

/**
 * Keeps one trusted connection to Redis: made by the steps of the initialisation, and after a loss in the background,
 * for as long as it takes. While there is none, nobody waits for one.
 */
export class RedisLink implements SharedLink {
  readonly #options: RedisLinkOptions;
  readonly #clock: Clock;
  readonly #logger = new GuardedLogger('Cache');
  readonly #failures: LogThrottle;
  readonly #former: RedisSession[] = [];
  #candidate: RedisConnection | undefined;
  #session: RedisSession | undefined;
  #current: RedisConnection | undefined;
  #lostAt: number;
  #stop = new AbortController();
  #onUp: () => void = () => undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#failures = new LogThrottle(options.clock);
    this.#lostAt = options.clock.now();
  }

  /** The connection. @throws CacheTierUnavailableError while there is none */
  get connection(): RedisConnection {
    if (this.#current === undefined) throw new CacheTierUnavailableError(this.#options.cache);
    return this.#current;
  }

  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Since when Redis has not answered, as a time of the clock; now, if it owes nothing. */
  get silentSince(): number {
    return this.#current === undefined
      ? this.#lostAt
      : (this.#current.waitingSince ?? this.#clock.now());
  }

  get trustedUntil(): number {
    return this.#current === undefined ? -Infinity : this.#options.feed.trustedUntil;
  }

  listen(listener: SharedLinkListener): void {
    this.#onUp = () => listener.opened();
    this.#options.feed.listen(listener);
  }

  /** Makes a connection, which is not trusted yet. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    this.#discardCandidate();
    const stop = this.#stop.signal;
    const candidate = await this.#options.open(signal);
    const ended = [signal, stop].find(({ aborted }) => aborted);
    // Nobody would know of a connection that was made when it was not wanted any more.
    if (ended) candidate.destroy(ended.reason as Error);
    ended?.throwIfAborted();
    this.#candidate = candidate;
  }

  /** Begins to listen, and makes sure that nothing is executed any more that was written to earlier connections. */
  async prepare(): Promise<void> {
    const candidate = this.#candidateOrThrow();
    const former = this.#former.slice();
    const [session] = await Promise.all([
      identify(candidate),
      this.#options.feed.start(candidate),
      ...former.map((ended) => fence(candidate, ended)),
    ]);
    this.#former.splice(0, former.length);
    this.#session = session;
  }

  /**
   * Tests the connection and trusts it.
   * @param takesReadOnly whether one is good enough that refuses writes for want of memory or disk
   */
  async test(takesReadOnly = false): Promise<void> {
    const candidate = this.#candidateOrThrow();
    const { scope, time, cache } = this.#options;
    const checked = await check(candidate, scope, time.earliest(this.#clock.now()));
    if (!takesReadOnly || !checked.read) requireCheck(cache, checked);
    if (!candidate.isOpen) throw new CacheTierUnavailableError(cache);
    this.#trust(candidate);
  }

  /** Ends the connection and the tries to make one; {@link connect} may begin anew. */
  close(): void {
    this.#stop.abort(new CacheTierUnavailableError(this.#options.cache));
    this.#discardCandidate();
    const connection = this.#current;
    this.#current = undefined;
    if (connection) this.#lostAt = this.#clock.now();
    this.#options.feed.stop();
    connection?.destroy(new Error('the cache was closed'));
  }

  #trust(connection: RedisConnection): void {
    this.#candidate = undefined;
    this.#current = connection;
    connection.whenLost((reason) => this.#lost(connection, reason));
    this.#onUp();
  }

  #lost(connection: RedisConnection, reason: Error): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#options.feed.stop();
    this.#lostAt = connection.waitingSince ?? this.#clock.now();
    if (this.#session) this.#former.push(this.#session);
    this.#logger.warn(
      `${this.#options.cache} lost Redis: ${messageOf(reason)}. It answers from memory and factories, and reconnects.`,
    );
    void this.#reconnect(this.#stop.signal);
  }

  /** Never rejects. */
  async #reconnect(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        await this.#clock.sleep(this.#backOffMs(), stop, { background: true });
        await this.#tryToConnect(stop);
        const awayMs = this.#clock.now() - this.#lostAt;
        this.#logger.log(`${this.#options.cache} has Redis again after ${formatDuration(awayMs)}`);
        return;
      } catch (error) {
        this.#discardCandidate();
        if (!stop.aborted) this.#tell(error);
      }
    }
  }

  #tryToConnect(stop: AbortSignal): Promise<void> {
    const onTimeout = (): Error => new CacheTimeoutError(this.#options.cache, TRY_TIMEOUT_MS);
    const options = { timeoutMs: TRY_TIMEOUT_MS, signal: stop, onTimeout };
    return withDeadline(this.#clock, options, async (signal) => {
      await this.connect(signal);
      await this.prepare();
      await this.test(true);
    });
  }

  #tell(error: unknown): void {
    const type = detectStoreError(error)?.type ?? (error as { code?: string }).code ?? 'unknown';
    const line = this.#failures.admit(type);
    if (!line) return;
    const text = `${this.#options.cache}: reconnecting to Redis failed: ${messageOf(error)}`;
    // Refused connections are to be expected while it is away; a refused password is news.
    if (detectStoreError(error)?.kind === 'permanent') this.#logger.error(text);
    else this.#logger.debug(text);
  }

  #candidateOrThrow(): RedisConnection {
    if (!this.#candidate) throw new CacheTierUnavailableError(this.#options.cache);
    return this.#candidate;
  }

  #discardCandidate(): void {
    if (this.#candidate) this.#options.feed.stop();
    this.#candidate?.destroy(new Error('the connection was not needed'));
    this.#candidate = undefined;
  }

  #backOffMs(): number {
    return MIN_BACK_OFF_MS + this.#clock.random() * (MAX_BACK_OFF_MS - MIN_BACK_OFF_MS);
  }
}

function messageOf(error: unknown): string {
  return redactText(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
