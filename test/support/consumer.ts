import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cleanEnvironment } from './clean-environment.js';
import { ConsumerApp } from './consumer-app.js';

const fixtures = fileURLToPath(new URL('../consumers/', import.meta.url));

/** How a command of a consumer ended. */
export interface CommandResult {
  readonly code: number | null;
  /** What it wrote to both outputs. */
  readonly output: string;
}

/** Somebody's project in a folder of its own, far from this repository, with the packed package installed. */
export class Consumer {
  readonly #apps: ConsumerApp[] = [];

  private constructor(readonly folder: string) {}

  /** Copies a project of test/consumers to a temporary folder and installs it with the package. */
  static async create(fixture: string, tarball: string): Promise<Consumer> {
    const consumer = new Consumer(await mkdtemp(join(tmpdir(), `mainstay-${fixture}-`)));
    await cp(join(fixtures, fixture), consumer.folder, { recursive: true });
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    const installed = await consumer.run('npm', ['install', ...options, tarball]);
    if (installed.code !== 0) throw new Error(`npm install failed: ${installed.output}`);
    return consumer;
  }

  /** Compiles the project; what its tsconfig.json checks includes the declarations of the package. */
  compile(project = 'tsconfig.json'): Promise<CommandResult> {
    return this.run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
  }

  /** Runs one command in the project, to its end. */
  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: this.folder,
        env: cleanEnvironment(env),
        stdio: 'pipe',
      });
      child.stdin.end();
      let output = '';
      const collect = (chunk: Buffer): void => {
        output += chunk.toString();
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }

  /** Starts a compiled app of the project on a free port and waits until it listens. */
  async start(entry: string, env?: NodeJS.ProcessEnv): Promise<ConsumerApp> {
    const app = await ConsumerApp.start(this.folder, entry, cleanEnvironment(env));
    this.#apps.push(app);
    return app;
  }

  /** Whether a package was installed, on purpose or along with another. */
  has(packageName: string): boolean {
    return existsSync(join(this.folder, 'node_modules', packageName));
  }

  /** Ends what still runs and removes the project's folder. */
  async remove(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
