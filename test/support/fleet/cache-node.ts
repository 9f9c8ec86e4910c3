import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../clean-environment.js';
import type { NodeMessage, NodeOrder } from './node-calls.js';

const RUNNER = fileURLToPath(new URL('../run-source.mjs', import.meta.url));
const APP = fileURLToPath(new URL('cache-node.app.ts', import.meta.url));
const START_TIMEOUT_MS = 40_000;

/** What an owner of a node hears of it. */
export interface CacheNodeListener {
  message(node: CacheNode, message: NodeMessage): void;
  /** The process has ended without being told to. */
  died(node: CacheNode, how: string): void;
}

/** A process of its own with a real application and its cache. Call {@link dispose} in the end. */
export class CacheNode {
  readonly index: number;
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  #isEnding = false;

  private constructor(index: number, child: ChildProcess) {
    this.index = index;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => this.#output.push(text.toString()));
    }
  }

  /**
   * Starts a node whose cache is behind `url`.
   * @param environment what else it is configured by
   * @throws with its output, when it does not start
   */
  static async start(
    index: number,
    url: string,
    listener: CacheNodeListener,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CacheNode> {
    const child = fork(RUNNER, [APP], {
      cwd: tmpdir(),
      env: cleanEnvironment({ CACHE_URL: url, NO_COLOR: '1', ...environment }),
      execArgv: [],
      silent: true,
    });
    const node = new CacheNode(index, child);
    try {
      await node.#ready();
    } catch (error) {
      await node.dispose();
      throw error;
    }
    child.on('message', (message) => listener.message(node, message as NodeMessage));
    child.on('exit', (code, signal) => {
      const how = `ended with ${signal ?? `code ${code}`}: ${node.#output.join('').slice(-2_000)}`;
      if (!node.#isEnding) listener.died(node, how);
    });
    return node;
  }

  /** The process of the node. */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The node does not run.');
    return pid;
  }

  order(order: NodeOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  /** Freezes the process, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends the process in whatever state it is; safe to call again. */
  async dispose(): Promise<void> {
    this.#isEnding = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #ready(): Promise<void> {
    const signal = AbortSignal.timeout(START_TIMEOUT_MS);
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('it ended');
    });
    try {
      await Promise.race([once(this.#child, 'message', { signal }), ended]);
    } catch (error) {
      const why = `A node of the fleet did not start:\n${this.#output.join('')}`;
      throw new Error(why, { cause: error });
    } finally {
      ended.catch(() => undefined); // it ends when it ends
    }
  }
}
