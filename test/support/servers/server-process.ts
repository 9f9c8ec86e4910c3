import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessTree, survivorsOf } from './process-tree.js';
import type { ServerControl } from './server-control.js';
import { ServerWarden } from './server-warden.js';

const START_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

/** How a server is run. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The server's own directory; removed in the end. */
  readonly directory: string;
  /** The user to run as. @default the one who runs the tests */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The signal that makes it end in an orderly way without waiting for its clients. */
  readonly endSignal: NodeJS.Signals;
  /** Whether it serves already. */
  readonly isReady: () => Promise<boolean>;
}

/** A server that this test process started and owns: no process and no file of it outlives the tests. */
export class ServerProcess implements ServerControl {
  readonly #program: ServerProgram;
  readonly #warden: ServerWarden;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(program: ServerProgram) {
    this.#program = program;
    this.#warden = new ServerWarden(program.directory);
  }

  /** Starts a server and waits until it serves. @throws with its log, when it ends or is not ready within 20 s */
  static async start(program: ServerProgram): Promise<ServerProcess> {
    const server = new ServerProcess(program);
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.dispose();
      throw error;
    }
  }

  async kill9(): Promise<void> {
    if (!this.#child) return;
    // While its end is waited for it keeps this process, even if nothing else does.
    this.#child.ref();
    const pids = this.#tree().signal('SIGKILL');
    await this.#ended;
    // A new server finds neither port nor shared memory in use.
    while (survivorsOf(pids).length > 0) await sleep(POLL_MS);
  }

  stop(): void {
    this.#warden.watch(this.#tree().signal('SIGSTOP'));
  }

  resume(): void {
    this.#warden.watch(this.#tree().signal('SIGCONT'));
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.#start();
  }

  async dispose(): Promise<void> {
    await this.kill9();
    await this.#warden.dismiss();
  }

  async #start(): Promise<void> {
    const { command, args, directory, user } = this.#program;
    const log = openSync(this.#logFile, 'a');
    const child = spawn(command, args, {
      cwd: directory,
      detached: true, // Ctrl-C is for the tests, which end their servers themselves
      stdio: ['ignore', log, log],
      ...user,
    });
    closeSync(log);
    child.unref();
    this.#child = child;
    this.#ended = new Promise<void>((resolve) => {
      const forget = (): void => {
        this.#child = undefined;
        this.#warden.watch([]);
        resolve();
      };
      child.once('exit', forget);
      child.once('error', forget);
    });
    if (child.pid !== undefined) this.#warden.watch([child.pid]);
    await this.#ready();
  }

  async #ready(): Promise<void> {
    for (const end = performance.now() + START_TIMEOUT_MS; performance.now() < end;) {
      if (!this.#child) throw this.#failure('ended while it was starting');
      if (await this.#program.isReady()) return;
      await sleep(POLL_MS);
    }
    throw this.#failure(`did not serve within ${START_TIMEOUT_MS} ms`);
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.resume();
    child.ref();
    child.kill(this.#program.endSignal);
    const late = sleep(END_TIMEOUT_MS, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') await this.kill9();
  }

  #tree(): ProcessTree {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#program.command} does not run.`);
    return new ProcessTree(pid);
  }

  get #logFile(): string {
    return join(this.#program.directory, 'server.log');
  }

  #failure(what: string): Error {
    const log = readFileSync(this.#logFile, 'utf8');
    return new Error(`${this.#program.command} ${what}. Its log:\n${log}`);
  }
}
