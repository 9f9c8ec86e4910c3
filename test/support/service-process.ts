import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEngines, type ServiceEngines } from './engines/service-engines.js';
import { freePort } from './free-port.js';
import { ServiceRun, type ServiceExit } from './service-run.js';

const ENTRY = fileURLToPath(new URL('../../build/documents/src/main.js', import.meta.url));
const READY_TIMEOUT_MS = 40_000;
const POLL_MS = 25;

/** What is inherited from the test run; anything else could change what the service does. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_V8_COVERAGE'];

/** How a service is started, see {@link ServiceProcess.start}. */
export interface ServiceOptions {
  /** Variables beside those of the process; `undefined` leaves a default variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
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
  #run: ServiceRun | undefined;

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

  /** Starts a service and waits until it is ready. @throws when it is not ready within 40 s, with its output */
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
    const { pid } = this.#running();
    if (pid === undefined) throw new Error('The service could not be started.');
    return pid;
  }

  /** What the service has written to stdout and stderr since it was started last. */
  get output(): string {
    return this.#run?.output ?? '';
  }

  /** Starts the process, again if it ran before (same port, same data), and waits until everything works. */
  async run(): Promise<void> {
    await this.#answers(this.#spawn(), '/health', isAllUp);
  }

  /**
   * Starts the process and waits until it takes traffic, with or without what it depends on.
   * @returns how long it took, in milliseconds from its first line: its code is loaded then, for which it takes a core of
   * its own that others may have
   */
  async listen(): Promise<number> {
    const run = this.#spawn();
    await this.#answers(run, '/readyz');
    return performance.now() - (run.firstLineAt ?? 0);
  }

  /**
   * Starts the process, which is expected to end by itself.
   * @throws when it has not ended after `withinMs`
   */
  async runToExit(withinMs = READY_TIMEOUT_MS): Promise<ServiceExit> {
    return this.#spawn().exited(withinMs);
  }

  /**
   * Sends SIGTERM and waits for a clean end.
   * @returns how long it took, in milliseconds
   * @throws when the process ends with anything but code 0, or not within `withinMs`
   */
  async stop(withinMs = 5_000): Promise<number> {
    const run = this.#running();
    const startedAt = performance.now();
    run.signal('SIGTERM');
    const { code, signal } = await run.exited(withinMs);
    if (code !== 0) throw run.failure(`ended with ${signal ?? `code ${code}`} after SIGTERM`);
    return performance.now() - startedAt;
  }

  /** Kills the process without a chance to do anything. */
  async kill9(): Promise<void> {
    const run = this.#running();
    run.signal('SIGKILL');
    await run.exited(5_000);
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
    if (this.#run?.isRunning) await this.kill9();
    await this.#engines.dispose();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  #spawn(): ServiceRun {
    this.#run = new ServiceRun(ENTRY, this.dataDirectory, this.#environment());
    return this.#run;
  }

  #running(): ServiceRun {
    if (!this.#run?.isRunning) throw new Error('The service does not run.');
    return this.#run;
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

  /** Waits until a route answers 200, with what is wanted. */
  async #answers(
    run: ServiceRun,
    path: string,
    isWanted: (body: string) => boolean = () => true,
  ): Promise<void> {
    for (const end = performance.now() + READY_TIMEOUT_MS; performance.now() < end;) {
      if (!run.isRunning) throw run.failure('ended while it was starting');
      const response = await fetch(this.url + path).catch(() => undefined);
      const body = await response?.text();
      if (response?.status === 200 && isWanted(body ?? '')) return;
      await sleep(POLL_MS);
    }
    await this.kill9();
    throw run.failure(`was not ready within ${READY_TIMEOUT_MS} ms`);
  }
}

/** Whether `/health` says of everything that it works. */
function isAllUp(health: string): boolean {
  const { details } = JSON.parse(health) as { details: Record<string, { state: string }> };
  return Object.values(details).every(({ state }) => state === 'up');
}
