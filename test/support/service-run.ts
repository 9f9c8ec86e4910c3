import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process ended. */
export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  /** When it wrote its first line, on the clock of `performance.now()`; 0 when it wrote none. */
  readonly firstLineAt: number;
}

/** One life of a service's process; it does not outlive the tests. */
export class ServiceRun {
  readonly #child: ChildProcess;
  readonly #exit: Promise<ServiceExit>;
  #output = '';
  #firstLineAt: number | undefined;

  /** Starts `node <entry>`. */
  constructor(entry: string, cwd: string, env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [entry], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => {
      this.#firstLineAt ??= performance.now();
      this.#output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const killWithTests = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithTests);
    this.#child = child;
    this.#exit = once(child, 'close').then(([code, signal]: unknown[]) => {
      process.off('exit', killWithTests);
      const { output, firstLineAt = 0 } = this;
      return { code, signal, output, firstLineAt } as ServiceExit;
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it has written to stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  /** When it wrote its first line, on the clock of `performance.now()`. */
  get firstLineAt(): number | undefined {
    return this.#firstLineAt;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for the end. @throws when it has not come after `withinMs`; the process is killed then */
  async exited(withinMs: number): Promise<ServiceExit> {
    const late = sleep(withinMs, undefined, { ref: false }).then(() => undefined);
    const exit = await Promise.race([this.#exit, late]);
    if (exit) return exit;
    this.signal('SIGKILL');
    await this.#exit;
    throw this.failure(`had not ended after ${withinMs} ms`);
  }

  /** An error that shows the output. */
  failure(what: string): Error {
    return new Error(`The service ${what}. Its output:\n${this.#output}`);
  }
}
