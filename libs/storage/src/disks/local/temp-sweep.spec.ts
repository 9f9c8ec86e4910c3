import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempName } from './temp-name.js';
import { sweepTemps } from './temp-sweep.js';

const SELF = { boot: 7, namespace: 1, pid: 2 ** 30, startTicks: 1 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temp-sweep-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('storage rule 5: removes the temps of dead makers', async () => {
  await writeFile(join(folder, tempName(SELF, 1, 1)), '');
  const clock = new FakeClock();
  expect(await sweepTemps(folder, { ...SELF, pid: process.pid }, clock)).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

it('storage rule 5: counts a temp that cannot be removed, and does not fail', async () => {
  // unlink refuses a folder, as it refuses everything on a disk that turned read-only.
  await mkdir(join(folder, tempName(SELF, 1, 1)));
  const clock = new FakeClock();
  expect(await sweepTemps(folder, { ...SELF, pid: process.pid }, clock)).toBe(1);
});
