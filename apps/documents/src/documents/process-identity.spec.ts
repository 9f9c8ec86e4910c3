import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ProcessIdentity } from './process-identity.js';

describe('ProcessIdentity', () => {
  it('knows that a process runs, and tells applications in one process apart', async () => {
    const [one, other] = [await ProcessIdentity.own(), await ProcessIdentity.own()];
    expect(one.name).not.toBe(other.name);
    expect(await ProcessIdentity.isAlive(one.name)).toBe(true);
    expect(one.name.length).toBeLessThanOrEqual(128);
  });

  it('knows that a process has ended', async () => {
    const child = spawn('true');
    const { pid } = child;
    await once(child, 'exit');
    expect(await ProcessIdentity.isAlive(await renamed({ pid }))).toBe(false);
  });

  it('is not deceived by a later process with the same pid', async () => {
    expect(await ProcessIdentity.isAlive(await renamed({ startTicks: '1' }))).toBe(false);
  });

  it('cannot tell of another machine or container, nor of nonsense', async () => {
    expect(await ProcessIdentity.isAlive(await renamed({ host: 'elsewhere.1' }))).toBeUndefined();
    expect(await ProcessIdentity.isAlive(await renamed({ startTicks: '?' }))).toBeUndefined();
    expect(await ProcessIdentity.isAlive('')).toBeUndefined();
  });
});

interface Parts {
  readonly host?: string;
  readonly pid?: number | undefined;
  readonly startTicks?: string;
}

/** The name of this process with some parts changed. */
async function renamed(parts: Parts): Promise<string> {
  const [host, pid, startTicks, random] = (await ProcessIdentity.own()).name.split('/');
  return [parts.host ?? host, parts.pid ?? pid, parts.startTicks ?? startTicks, random].join('/');
}
