import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeModuleContract, type ContractDependency } from 'nestjs-mainstay/testing/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { canMount, MountedDisk } from '../support/mounted-disk.js';
import { cacheSubject } from './module-contract/cache-subject.js';
import { databaseSubject } from './module-contract/database-subject.js';
import { storageSubject } from './module-contract/storage-subject.js';

const runner = { describe, it };
/** Where tests may not mount, the outages of a disk are left out. */
const mounts = canMount();
let folder: string;
let disk: MountedDisk | undefined;
let isReadOnly = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'module-contract-'));
  if (mounts) disk = await MountedDisk.mount(join(folder, 'disk'), '1g');
});
afterAll(async () => {
  await disk?.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function setReadOnly(wanted: boolean): Promise<void> {
  if (wanted !== isReadOnly) await disk?.setReadOnly(wanted);
  isReadOnly = wanted;
}

/** A disk that turned read-only, as after errors of the device. */
const readOnlyDisk: ContractDependency = {
  fail: () => setReadOnly(true),
  comeBack: () => setReadOnly(false),
};

describe('status rule 17: the module contract, on embedded engines', () => {
  describeModuleContract(
    runner,
    cacheSubject('CacheModule in memory', () => ({ url: 'memory:' })),
  );
  describeModuleContract(
    runner,
    databaseSubject('DatabaseModule on SQLite', (name) => `sqlite:${folder}/${name}.sqlite`, '?'),
  );
  describeModuleContract(
    runner,
    storageSubject('StorageModule in memory', () => 'memory:'),
  );
  describeModuleContract(
    runner,
    storageSubject(
      `StorageModule on files${mounts ? '' : ' (without outages: tests may not mount here)'}`,
      (name) => `file:${folder}/disk/${name}`,
      mounts ? readOnlyDisk : undefined,
    ),
  );
});
