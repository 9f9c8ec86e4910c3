import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A running app of a consumer, which says `listening on <url>` once it does. */
export class ConsumerApp {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #output = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#ended = once(process, 'close').then(([code]: (number | null)[]) => code ?? null);
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
  }

  static async start(folder: string, entry: string, env: NodeJS.ProcessEnv): Promise<ConsumerApp> {
    const app = new ConsumerApp(
      spawn(process.execPath, [entry], { cwd: folder, env, stdio: 'pipe' }),
    );
    await app.#listening();
    return app;
  }

  /** Asks the app over HTTP. */
  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(new URL(path, this.#url()));
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  /** Ends the app the way an orchestrator does, and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends the app if it still runs. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  async #listening(): Promise<void> {
    const listening = new Promise<void>((resolve) => {
      this.#process.stdout?.on('data', () => {
        if (this.#output.includes('listening on ')) resolve();
      });
    });
    const ended = this.#ended.then((code) => {
      throw new Error(`The app ended with ${code} before it listened: ${this.#output}`);
    });
    await Promise.race([listening, ended]);
    // From here on an end is an event of the test, not an unhandled failure of the start.
    ended.catch(() => undefined);
  }

  #url(): string {
    const url = /listening on (\S+)/.exec(this.#output)?.[1];
    if (url === undefined) throw new Error(`The app does not listen: ${this.#output}`);
    return url;
  }
}
