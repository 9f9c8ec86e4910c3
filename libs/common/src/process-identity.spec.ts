import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { currentProcess, isProcessAlive, type ProcessIdentity } from './process-identity.js';

let self: ProcessIdentity;

beforeAll(async () => {
  self = await currentProcess();
});

async function endedPid(): Promise<number> {
  const child = spawn('true');
  const { pid } = child;
  await once(child, 'exit');
  return pid as number;
}

describe('ProcessIdentity', () => {
  it('is the same each time', async () => {
    expect(await currentProcess()).toEqual(self);
    expect(self.pid).toBe(process.pid);
  });

  it('knows that a process runs', async () => {
    expect(await isProcessAlive(self, self)).toBe(true);
  });

  it('knows that a process has ended', async () => {
    expect(await isProcessAlive({ ...self, pid: await endedPid() }, self)).toBe(false);
  });

  it('is not deceived by a later process with the same pid', async () => {
    const earlier = { ...self, startTicks: self.startTicks - 1 };
    expect(await isProcessAlive(earlier, self)).toBe(false);
  });

  it.each(['boot', 'namespace'] as const)('cannot tell of another %s', async (part) => {
    const other = { ...self, [part]: self[part] + 1, pid: await endedPid() };
    expect(await isProcessAlive(other, self)).toBeUndefined();
  });

  it.each(['boot', 'namespace'] as const)(
    'cannot tell where the platform tells no %s: another machine would look the same',
    async (part) => {
      const unknown = { ...self, [part]: 0 };
      expect(await isProcessAlive({ ...unknown, pid: await endedPid() }, unknown)).toBeUndefined();
    },
  );

  it('cannot tell a process from a later one when it does not know its start', async () => {
    expect(await isProcessAlive({ ...self, startTicks: 0 }, self)).toBeUndefined();
  });
});
