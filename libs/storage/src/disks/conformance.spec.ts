import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from 'nestjs-mainstay/common';
import { diskConformance } from 'nestjs-mainstay/testing/storage';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { LocalDisk } from './local-disk.js';
import type { LocalDiskOptions } from './local/local-disk.options.js';
import { MemoryDisk } from './memory-disk.js';
import { prepareDisk } from './prepare-disk.js';

let folder: string;
let disks = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-conformance-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function makeLocalDisk(options: Partial<LocalDiskOptions> = {}): Promise<LocalDisk> {
  const disk = new LocalDisk(
    { root: join(folder, String(disks++)), ...options },
    new SystemClock(),
  );
  await prepareDisk(disk);
  return disk;
}

describe('storage rule 20: one suite for all disks: local', () => {
  diskConformance({ describe, it }, () => makeLocalDisk());
});

describe('storage rule 20: one suite for all disks: local, links within the root', () => {
  diskConformance({ describe, it }, () => makeLocalDisk({ links: 'within-root' }));
});

describe('storage rule 20: one suite for all disks: local, without descriptor paths', () => {
  diskConformance({ describe, it }, () => makeLocalDisk({ containment: 'realpath' }));
});

describe('storage rule 20: one suite for all disks: memory', () => {
  diskConformance({ describe, it }, () => new MemoryDisk(new SystemClock()));
});
