import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const runner = fileURLToPath(new URL('../../../test/support/run-source.mjs', import.meta.url));
const oneCall = fileURLToPath(new URL('../test/one-call.mjs', import.meta.url));

/** Runs one call in a process of its own. @returns what it printed, a line each */
async function run(call: 'ends' | 'hangs', timeoutMs: number): Promise<string[]> {
  const env = { ...process.env, CALL: call, TIMEOUT_MS: String(timeoutMs) };
  const { stdout } = await promisify(execFile)(process.execPath, [runner, oneCall], { env });
  return stdout.trim().split('\n');
}

describe('TimeoutQueue in a process', { timeout: 60_000 }, () => {
  it('resilience rule 18: lets it end with its last call, long before the timeout', async () => {
    const [end] = await run('ends', 50_000);
    expect(Number(/^exit after (\d+) ms$/.exec(end as string)?.[1])).toBeLessThan(25_000);
  });

  it('resilience rule 18: keeps it alive until a call that hangs has timed out', async () => {
    expect(await run('hangs', 1_500)).toEqual([
      'timed out in time',
      expect.stringMatching(/^exit after \d+ ms$/),
    ]);
  });
});
