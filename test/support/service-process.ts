import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEngines, type ServiceEngines } from './engines/service-engines.js';
import { freePort } from './free-port.js';

const ENTRY = fileURLToPath(new URL('../../build/documents/src/main.js', import.meta.url));
const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 25;

/** What is inherited from the test run; anything else could change what the service does. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_V8_COVERAGE'];

/** How a service is started, see {@link ServiceProcess.start}. */
export interface ServiceOptions {
  /** Variables beside those of the process; `undefined` leaves a default variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The route that must answer 200 before `start` resolves. @default '/readyz' */
  readonly readyPath?: string;
}

/** How a process ended. */
export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/**
 * The built documents service as a child process on a free port of the loopback interface, with its own directory for
 * data and engines of its own, see {@link startEngines}. Call {@link dispose} in the end: no process and no file outlives
 * it.
 */
export class ServiceProcess {
  readonly dataDirectory: string;
  readonly port: number;
  readonly #options: ServiceOptions;
  readonly #engines: ServiceEngines;
  #child: ChildProcess | undefined;
  #exit: Promise<ServiceExit> | undefined;
  #output = '';
  #firstLineAt = 0;

  private constructor(
    dataDirectory: string,
    port: number,
    engines: ServiceEngines,
    options: ServiceOptions,
  ) {
    this.dataDirectory = dataDirectory;
    this.port = port;
    this.#engines = engines;
    this.#options = options;
  }

  /** Starts a service and waits until it is ready. @throws when it is not ready within 20 s, with its output */
  static async start(options: ServiceOptions = {}): Promise<ServiceProcess> {
    const service = await ServiceProcess.create(options);
    try {
      await service.run();
      return service;
    } catch (error) {
      await service.dispose();
      throw error;
    }
  }

  /** Starts a service that is expected to end by itself. */
  static async runToExit(options: ServiceOptions = {}): Promise<ServiceExit> {
    const service = await ServiceProcess.create(options);
    try {
      return await service.runToExit();
    } finally {
      await service.dispose();
    }
  }

  /** Prepares a service without starting it. */
  static async create(options: ServiceOptions = {}): Promise<ServiceProcess> {
    if (!existsSync(ENTRY))
      throw new Error(`${ENTRY} is missing. Build the service: npm run build`);
    const directory = await mkdtemp(join(tmpdir(), 'documents-'));
    const engines = await startEngines(directory, options.env ?? {});
    return new ServiceProcess(directory, await freePort(), engines, options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The directory of the storage; what is in it can be looked at. */
  get storageDirectory(): string {
    return join(this.dataDirectory, 'storage');
  }

  /** The process of the service. @throws when it does not run */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('The service does not run.');
    return pid;
  }

  /** What the service has written to stdout and stderr since it was started last. */
  get output(): string {
    return this.#output;
  }

  /**
   * Starts the process, again if it ran before: same port, same data.
   * @returns how long it took until it was ready, in milliseconds from its first line: its code is loaded then, for which
   * it takes a core of its own that others may have
   */
  async run(): Promise<number> {
    this.#spawn();
    await this.#ready();
    return performance.now() - this.#firstLineAt;
  }

  /**
   * Starts the process, which is expected to end by itself.
   * @throws when it has not ended after `withinMs`
   */
  async runToExit(withinMs = READY_TIMEOUT_MS): Promise<ServiceExit> {
    this.#spawn();
    return this.#exited(withinMs);
  }

  /**
   * Sends SIGTERM and waits for a clean end.
   * @returns how long it took, in milliseconds
   * @throws when the process ends with anything but code 0, or not within `withinMs`
   */
  async stop(withinMs = 5_000): Promise<number> {
    const startedAt = performance.now();
    process.kill(this.pid, 'SIGTERM');
    const { code, signal } = await this.#exited(withinMs);
    if (code !== 0) throw this.#failure(`ended with ${signal ?? `code ${code}`} after SIGTERM`);
    return performance.now() - startedAt;
  }

  /** Kills the process without a chance to do anything. */
  async kill9(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await this.#exited(5_000);
  }

  /** The most memory (RSS) that the process has had, in bytes. */
  async peakMemoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    if (kilobytes === undefined) throw new Error('/proc shows no VmHWM.');
    return Number(kilobytes) * 1_024;
  }

  /** Ends the process, if it runs, and removes its data. */
  async dispose(): Promise<void> {
    if (this.#child) await this.kill9();
    await this.#engines.dispose();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  #spawn(): void {
    this.#output = '';
    const child = spawn(process.execPath, [ENTRY], {
      cwd: this.dataDirectory,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => {
      if (this.#output === '') this.#firstLineAt = performance.now();
      this.#output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const killWithTests = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithTests);
    this.#child = child;
    this.#exit = once(child, 'close').then(([code, signal]: unknown[]) => {
      process.off('exit', killWithTests);
      this.#child = undefined;
      return { code, signal, output: this.#output } as ServiceExit;
    });
  }

  #environment(): NodeJS.ProcessEnv {
    const inherited = INHERITED.map((name) => [name, process.env[name]]);
    return {
      ...Object.fromEntries(inherited),
      NO_COLOR: '1',
      HOST: '127.0.0.1',
      PORT: String(this.port),
      ...this.#engines.env,
      STORAGE_URL: `file:${this.storageDirectory}`,
      ...this.#options.env,
    };
  }

  async #ready(): Promise<void> {
    const url = this.url + (this.#options.readyPath ?? '/readyz');
    for (const end = performance.now() + READY_TIMEOUT_MS; performance.now() < end;) {
      if (!this.#child) throw this.#failure('ended while it was starting');
      const response = await fetch(url).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200) return;
      await sleep(POLL_MS);
    }
    await this.kill9();
    throw this.#failure(`was not ready within ${READY_TIMEOUT_MS} ms`);
  }

  async #exited(withinMs: number): Promise<ServiceExit> {
    const late = sleep(withinMs, undefined, { ref: false }).then(() => undefined);
    const exit = await Promise.race([this.#exit, late]);
    if (exit) return exit;
    this.#child?.kill('SIGKILL');
    await this.#exit;
    throw this.#failure(`had not ended after ${withinMs} ms`);
  }

  #failure(what: string): Error {
    return new Error(`The service ${what}. Its output:\n${this.#output}`);
  }
}
