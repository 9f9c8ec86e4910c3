import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cleanEnvironment } from '../support/clean-environment.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const START_TIMEOUT_MS = 15_000;

describe('npm start', () => {
  let data: string;
  let port: number;
  let npm: ChildProcess;
  let output: string;

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'mainstay-start-'));
    port = await freePort();
    output = '';
    npm = spawn('npm', ['start'], {
      cwd: repository,
      stdio: 'pipe',
      detached: true, // a process group of its own, so that what it leaves behind can be seen
      env: cleanEnvironment({
        PORT: String(port),
        DATABASE_URL: `sqlite:${data}/database.sqlite`,
        STORAGE_URL: `file:${data}/storage`,
      }),
    });
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
  });

  afterEach(async () => {
    signalGroup(npm, 'SIGKILL');
    await rm(data, { recursive: true, force: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'runs the service; on %s it ends cleanly and leaves no process',
    async (signal) => {
      await eventually(async () => {
        expect((await fetch(`http://127.0.0.1:${port}/livez`)).status, output).toBe(200);
      }, START_TIMEOUT_MS);

      const ended = once(npm, 'exit') as Promise<[number | null]>;
      npm.kill(signal);
      const [code] = await ended;

      expect(code, output).toBe(0);
      expect(signalGroup(npm, 0)).toBe(false);
    },
  );
});

/** @returns whether the group still had a process */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
