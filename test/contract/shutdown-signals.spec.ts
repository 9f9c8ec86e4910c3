import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.js';

const runner = fileURLToPath(new URL('../support/run-source.mjs', import.meta.url));
const source = fileURLToPath(new URL('shutdown-signals.app.ts', import.meta.url));
/** Time for the code to load and for the shutdown to end, on a busy machine. */
const PATIENT = { timeout: 60_000, interval: 20 };

let child: ChildProcess | undefined;
let output = '';

afterEach(async () => {
  const running = child;
  child = undefined;
  if (!running || running.exitCode !== null || running.signalCode !== null) return;
  running.kill('SIGKILL');
  await once(running, 'exit');
});

/** Starts the application as a process of its own. @returns its URL */
async function start(): Promise<string> {
  output = '';
  child = spawn(process.execPath, [runner, source], { env: cleanEnvironment() });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await vi.waitFor(() => expect(output).toContain('listening'), PATIENT);
  return /listening (\S+)/.exec(output)?.[1] ?? '';
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  return response.status;
}

function events(): readonly string[] {
  return output.split('\n').filter((line) => line !== '' && !line.startsWith('listening'));
}

describe('a process that is told to end', { timeout: 150_000 }, () => {
  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGHUP', 'SIGHUP'],
    ['SIGTERM', 'SIGINT'],
  ] as const)(
    'status rule 16: ends in order after %s, also when %s comes while it drains',
    async (signal, second) => {
      const url = await start();
      expect(await statusOf(`${url}/readyz`)).toBe(200);
      const running = child!;
      const exited = once(running, 'exit');

      running.kill(signal);
      await vi.waitFor(async () => expect(await statusOf(`${url}/readyz`)).toBe(503), PATIENT);
      expect(await statusOf(`${url}/livez`)).toBe(200);
      running.kill(second);
      await exited;

      // The summary is written after the last probe, before the job has ended, for whose end its resource waits.
      const course = events();
      const end = course.indexOf('flush');
      expect(course.slice(0, end).every((event) => event === 'probe')).toBe(true);
      expect(course.slice(end)).toEqual(['flush', 'job ends', 'second closes', 'first closes']);
      expect([running.exitCode === 0, running.signalCode === signal]).toContain(true);
    },
  );
});
