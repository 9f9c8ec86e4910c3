import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRedisServer } from '../../scripts/find-servers.mjs';

/** Below the ports of outgoing connections, so that who keeps trying a server that is away never meets itself. */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
const START_TIMEOUT_MS = 10_000;

/** A Redis of the benchmark's own, on the loopback interface, that keeps nothing on disk. */
export class RedisServer {
  port;
  #child;

  /**
   * @param {number} port
   * @param {import('node:child_process').ChildProcess} child
   */
  constructor(port, child) {
    this.port = port;
    this.#child = child;
    // It is never to outlive the benchmark.
    process.once('exit', () => child.kill('SIGKILL'));
  }

  static async start() {
    const command = findRedisServer();
    if (command === undefined) throw new Error('The cache is measured with a redis-server.');
    const port = await freePort();
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', '/'];
    const server = new RedisServer(port, spawn(command, args, { stdio: 'ignore' }));
    await server.#ready();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** It answers no more, and its connections stay open. */
  freeze() {
    this.#child.kill('SIGSTOP');
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #ready() {
    for (
      const end = performance.now() + START_TIMEOUT_MS;
      performance.now() < end;
      await sleep(10)
    ) {
      if (await answers(this.port)) return;
    }
    await this.kill();
    throw new Error('redis-server does not answer.');
  }
}

/** @param {number} port */
async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    return String(answer).startsWith('+PONG');
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}

async function freePort() {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
