import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import { borrowRedis } from './borrow-redis.js';
import { pingRedis } from './ping-redis.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';

/** How a server is started, see {@link RedisServer.start}. */
export interface RedisServerOptions {
  /** Arguments of `redis-server`, which win over those that keep it in memory. */
  readonly args?: readonly string[];
}

/**
 * A real Redis for one test, on a port of its own. Call {@link dispose} in the end.
 *
 * With TEST_REDIS_URL set it is one database of that server, which the test can neither kill nor freeze.
 */
export class RedisServer implements ServerControl {
  readonly url: string;
  readonly port: number;
  readonly #control: ServerControl;

  private constructor(url: string, control: ServerControl) {
    this.url = url;
    this.port = Number(new URL(url).port || 6379);
    this.#control = control;
  }

  /** Starts a server and waits until it answers. @throws with its log when it does not */
  static async start({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const running = process.env['TEST_REDIS_URL'];
    if (running) {
      const { url, control } = await borrowRedis(running);
      return new RedisServer(url, control);
    }
    const command = findRedisServer();
    if (command === undefined) throw new Error(missingMessage(['redis-server']));
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'redis-'));
    const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory];
    const inMemory = ['--save', '', '--appendonly', 'no'];
    const control = await ServerProcess.start({
      command,
      args: [...own, ...inMemory, ...args],
      directory,
      endSignal: 'SIGTERM',
      isReady: () => pingRedis(port),
    });
    return new RedisServer(`redis://127.0.0.1:${port}/0`, control);
  }

  kill9(): Promise<void> {
    return this.#control.kill9();
  }

  stop(): void {
    this.#control.stop();
  }

  resume(): void {
    this.#control.resume();
  }

  restart(): Promise<void> {
    return this.#control.restart();
  }

  dispose(): Promise<void> {
    return this.#control.dispose();
  }
}
