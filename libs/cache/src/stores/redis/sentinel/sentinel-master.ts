import { redactText, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import { CacheMasterUnknownError, CacheTimeoutError } from '../../../cache.errors.js';
import { detectStoreError } from '../detect-store-error.js';
import type { RedisAddress } from '../redis-address.js';
import type { RedisConnection } from '../redis-connection.js';
import type { SentinelAddress } from './sentinel-address.js';

/** Time for a sentinel to be reached and to answer, in milliseconds: a try to reconnect has room for two that hang. */
const ASK_TIMEOUT_MS = 400;

/** What is needed to find a master and to connect to it. */
export interface SentinelMasterOptions {
  readonly address: SentinelAddress;
  readonly connect: (address: RedisAddress, signal: AbortSignal) => Promise<RedisConnection>;
  readonly clock: Clock;
  /** Name of the cache, for errors. */
  readonly cache: string;
}

type Place = Pick<RedisAddress, 'host' | 'port'>;

/** Why a sentinel did not help. */
interface Failure {
  readonly sentinel: string;
  readonly error: Error;
}

/**
 * Connects to the Redis that is master now, as sentinels tell, each time anew. A sentinel that is down, hangs, or names
 * what is no master is passed over, and comes last from then on.
 */
export class SentinelMaster {
  readonly #options: SentinelMasterOptions;
  #sentinels: readonly RedisAddress[];

  constructor(options: SentinelMasterOptions) {
    this.#options = options;
    this.#sentinels = options.address.sentinels;
  }

  /**
   * Makes a connection to the master.
   * @throws the reason of `signal`; what all sentinels refuse a login with; CacheMasterUnknownError
   */
  async connect(signal: AbortSignal): Promise<RedisConnection> {
    const failures: Failure[] = [];
    const refused = new Map<string, Error>();
    for (const sentinel of this.#sentinels) {
      try {
        return await this.#connectBy(sentinel, refused, signal);
      } catch (error) {
        // Also when time is up: the next try must not begin with one that took it all.
        this.#putLast(sentinel);
        signal.throwIfAborted();
        failures.push({ sentinel: nameOf(sentinel), error: error as Error });
      }
    }
    throw this.#failure(failures);
  }

  async #connectBy(
    sentinel: RedisAddress,
    refused: Map<string, Error>,
    signal: AbortSignal,
  ): Promise<RedisConnection> {
    const place = await this.#ask(sentinel, signal);
    const known = refused.get(nameOf(place));
    if (known) throw known;
    try {
      return await this.#connectTo(place, signal);
    } catch (error) {
      refused.set(nameOf(place), error as Error);
      throw error;
    }
  }

  async #connectTo(place: Place, signal: AbortSignal): Promise<RedisConnection> {
    const connection = await this.#options.connect({ ...place, ...this.#login }, signal);
    try {
      await requireMaster(connection, nameOf(place));
      return connection;
    } catch (error) {
      connection.destroy(error as Error);
      throw error;
    }
  }

  #ask(sentinel: RedisAddress, outer: AbortSignal): Promise<Place> {
    const { clock, cache, connect, address } = this.#options;
    const onTimeout = (): Error => new CacheTimeoutError(cache, ASK_TIMEOUT_MS);
    const options = { timeoutMs: ASK_TIMEOUT_MS, signal: outer, onTimeout };
    return withDeadline(clock, options, async (signal) => {
      const connection = await connect(sentinel, signal);
      const end = (): void => connection.destroy(new Error('the sentinel was asked'));
      signal.addEventListener('abort', end, { once: true });
      try {
        return placeOf(
          await connection.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', address.master]),
        );
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    });
  }

  get #login(): SentinelAddress['login'] {
    return this.#options.address.login;
  }

  #putLast(sentinel: RedisAddress): void {
    this.#sentinels = [...this.#sentinels.filter((one) => one !== sentinel), sentinel];
  }

  /** A login that is refused wherever it was tried is a mistake of the configuration, and is to be seen as one. */
  #failure(failures: readonly Failure[]): Error {
    const { cache, address } = this.#options;
    const [first] = failures;
    if (first && failures.every(({ error }) => detectStoreError(error)?.kind === 'permanent')) {
      return first.error;
    }
    const reasons = failures.map(
      ({ sentinel, error }) => `${sentinel}: ${redactText(error.message).replace(/\.$/, '')}`,
    );
    return new CacheMasterUnknownError(cache, address.master, reasons);
  }
}

/** @throws Error where the sentinel knows no such master */
function placeOf(reply: unknown): Place {
  if (!Array.isArray(reply)) throw new Error('it knows no such master');
  const [host, port] = reply as readonly unknown[];
  return { host: String(host), port: Number(port) };
}

/**
 * A sentinel may be behind: what it names may have become a replica. Where the user may not ask, its word counts, and
 * the first write tells.
 */
async function requireMaster(connection: RedisConnection, name: string): Promise<void> {
  try {
    const [role] = (await connection.send(['ROLE'])) as readonly unknown[];
    if (String(role) !== 'master') throw new Error(`${name} is a ${String(role)}`);
  } catch (error) {
    if (redisReplyCodeOf(error) !== 'NOPERM') throw error;
  }
}

function nameOf({ host, port }: Place): string {
  return `${host}:${port}`;
}
