import { randomUUID } from 'node:crypto';
import { redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import type { LoadLock } from '../load-lock.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisScript } from './redis-script.js';

/** Only who holds the lock may end it: it may have ended by itself, and be another's now. KEYS: lock; ARGV: token. */
const RELEASE = new RedisScript(
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
);

/** A lock as one Redis can give it: a name with a random token and a life, so that it ends with its holder. */
export class RedisLock implements LoadLock {
  readonly #connection: () => RedisConnection;
  readonly #name: string;
  readonly #token: string;

  private constructor(connection: () => RedisConnection, name: string, token: string) {
    this.#connection = connection;
    this.#name = name;
    this.#token = token;
  }

  /**
   * Takes a lock, if nobody has it.
   * @param connection throws while there is none
   * @param lifeMs when it ends by itself, in milliseconds
   * @returns `undefined`: another has it
   */
  static async take(
    connection: () => RedisConnection,
    name: string,
    lifeMs: number,
  ): Promise<RedisLock | undefined> {
    const token = randomUUID();
    const life = String(Math.ceil(lifeMs));
    const reply = await connection().send(['SET', name, token, 'NX', 'PX', life]);
    return reply === null ? undefined : new RedisLock(connection, name, token);
  }

  async release(): Promise<void> {
    const run = (): Promise<unknown> =>
      RELEASE.run(this.#connection(), [this.#name], [this.#token]);
    try {
      await run();
    } catch (error) {
      // Unlike a write it may come after what followed it: the token is nobody else's.
      if (redisReplyCodeOf(error) !== 'NOSCRIPT') throw error;
      await run();
    }
  }
}
