import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import { pingRedis } from './ping-redis.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';

/** What a sentinel watches, see {@link SentinelServer.start}. */
export interface SentinelServerOptions {
  /** Port of the master at the beginning. */
  readonly masterPort: number;
  /** How many sentinels must agree that the master is down. */
  readonly quorum: number;
  /** What the sentinel logs in to Redis with. */
  readonly redisPassword?: string | undefined;
  /** What others log in to the sentinel with, other sentinels included. */
  readonly password?: string | undefined;
}

/** The name of the master in every {@link SentinelServer}. */
export const MASTER_NAME = 'mymaster';

/** A real sentinel of Redis for one test, which takes a master that is silent for 300 ms for dead. */
export class SentinelServer implements ServerControl {
  readonly port: number;
  readonly #control: ServerControl;

  private constructor(port: number, control: ServerControl) {
    this.port = port;
    this.#control = control;
  }

  /** Starts a sentinel and waits until it answers. @throws with its log when it does not */
  static async start(options: SentinelServerOptions): Promise<SentinelServer> {
    const command = findRedisServer();
    if (command === undefined) throw new Error(missingMessage(['redis-server']));
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'sentinel-'));
    const file = join(directory, 'sentinel.conf');
    await writeFile(file, configurationOf(options, port, directory));
    const control = await ServerProcess.start({
      command,
      args: [file, '--sentinel'],
      directory,
      endSignal: 'SIGTERM',
      isReady: () => pingRedis(port),
    });
    return new SentinelServer(port, control);
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

function configurationOf(options: SentinelServerOptions, port: number, directory: string): string {
  const { masterPort, quorum, redisPassword, password } = options;
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${directory}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 300`,
    // Two sentinels that stand for election at once try again after twice this.
    `sentinel failover-timeout ${MASTER_NAME} 1000`,
    ...(redisPassword ? [`sentinel auth-pass ${MASTER_NAME} ${redisPassword}`] : []),
    ...(password ? [`requirepass ${password}`, `sentinel sentinel-pass ${password}`] : []),
    '',
  ].join('\n');
}
