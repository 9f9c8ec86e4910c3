import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  LocalDisk,
  StorageModule,
  StorageNoSpaceError,
  StorageService,
  StorageTooManyOpenError,
} from 'nestjs-mainstay/storage';
import { RecordedCalls, StagedFaults } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** App → FS: write, read; FS → Status: recordAttempt, then recordSuccess | recordFailure */
describe('Filesystem Operations', () => {
  const recorded = new RecordedCalls();
  const faults = new StagedFaults();
  let folder: string;
  let module: TestingModule;
  let storage: StorageService;

  beforeEach(async () => {
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    folder = await mkdtemp(join(tmpdir(), 'mainstay-'));
    module = await Test.createTestingModule({
      imports: [recorded.asModule(), StorageModule.forRoot({ config: { url: `file:${folder}` } })],
    }).compile();
    storage = module.get(StorageService);
    const { put, read } = LocalDisk.prototype;
    vi.spyOn(LocalDisk.prototype, 'put').mockImplementation(async function (
      this: LocalDisk,
      ...args
    ) {
      faults.strike('put');
      return put.apply(this, args);
    });
    vi.spyOn(LocalDisk.prototype, 'read').mockImplementation(async function (
      this: LocalDisk,
      ...args
    ) {
      faults.strike('read');
      return read.apply(this, args);
    });
    recorded.clear();
  });
  afterEach(async () => {
    faults.clear();
    vi.restoreAllMocks();
    await module.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Without the tries, which the sequence of the document does not have. */
  const calls = () => recorded.calls.filter((call) => !call.includes(' try '));

  it('write, Success: true', async () => {
    expect(await storage.write('a.txt', 'text')).toBe(true);
    expect(calls()).toEqual(['storage.write attempt', 'storage.write success']);
  });

  it('write, Failure: false', async () => {
    faults.stage('put', { error: new StorageNoSpaceError() });
    expect(await storage.write('a.txt', 'text')).toBe(false);
    expect(calls()).toEqual([
      'storage.write attempt',
      'storage.write outcome no-recovery-possible after 1',
      'storage.write failure STORAGE_NO_SPACE',
    ]);
    expect(await storage.exists('a.txt')).toBe(false);
  });

  it('write, and a retry helps: true', async () => {
    faults.stage('put', { error: new StorageTooManyOpenError(), times: 1 });
    expect(await storage.write('a.txt', 'text')).toBe(true);
    expect(calls()).toEqual([
      'storage.write attempt',
      'storage.write outcome recovered after 2',
      'storage.write success',
    ]);
  });

  it('read, Success: the data', async () => {
    await storage.write('a.txt', 'text');
    recorded.clear();
    expect(await storage.read('a.txt')).toEqual(Buffer.from('text'));
    expect(calls()).toEqual(['storage.read attempt', 'storage.read success']);
  });

  it('read, Failure of the disk: the error', async () => {
    await storage.write('a.txt', 'text');
    recorded.clear();
    faults.stage('read', { error: new StorageTooManyOpenError() });
    await expect(storage.read('a.txt')).rejects.toMatchObject({ code: 'STORAGE_TOO_MANY_OPEN' });
    expect(calls()).toEqual([
      'storage.read attempt',
      'storage.read outcome retry-failed after 3',
      'storage.read failure STORAGE_TOO_MANY_OPEN',
    ]);
  });

  it('read, Failure because there is no such object: the error', async () => {
    await expect(storage.read('a.txt')).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
    expect(calls()).toEqual([
      'storage.read attempt',
      'storage.read outcome no-recovery-possible after 1',
      'storage.read failure STORAGE_NOT_FOUND',
    ]);
  });
});
