import { createHash } from 'node:crypto';
import { redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import type { RedisConnection } from './redis-connection.js';

/** A script that Redis runs as one command. */
export class RedisScript {
  readonly #text: string;
  readonly #sha: string;
  /** Connections over which it was run: their servers know it. */
  readonly #known = new WeakSet<RedisConnection>();

  constructor(text: string) {
    this.#text = text;
    this.#sha = createHash('sha1').update(text).digest('hex');
  }

  /**
   * Runs the script; it is sent whole until the server knows it.
   * @throws what Redis replied. A server that has forgotten the script refuses this run with `NOSCRIPT`: sent once more
   * it would come after what followed it, and undo that. The next run teaches it anew.
   */
  async run(
    connection: RedisConnection,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const script = this.#known.has(connection) ? ['EVALSHA', this.#sha] : ['EVAL', this.#text];
    try {
      const reply = await connection.send([...script, String(keys.length), ...keys, ...args]);
      this.#known.add(connection);
      return reply;
    } catch (error) {
      if (redisReplyCodeOf(error) === 'NOSCRIPT') this.#known.delete(connection);
      throw error;
    }
  }
}
