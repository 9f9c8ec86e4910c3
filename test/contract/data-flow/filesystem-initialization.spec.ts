import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ResourceRegistry, type ResourceEntry } from 'nestjs-mainstay/resource';
import {
  LocalDisk,
  StorageModule,
  StorageReadOnlyError,
  StorageService,
  type StorageConfig,
} from 'nestjs-mainstay/storage';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { eventually } from '../../support/eventually.js';

const ALL_PASSED = [
  'storage step: validate config passed',
  'storage step: test access passed',
  'storage step: create directories passed',
  'storage step: set permissions passed',
  'storage step: test operations passed',
  'storage initialization succeeded',
];

/**
 * Filesystem Config → Validate Config → Test Access → Initialize Filesystem → Create Directories → Set Permissions → Test
 * Operations → Success → Record Status | Failure → Log Error → Retry/Fallback
 */
describe('Filesystem Initialization', () => {
  let folder: string;
  let root: string;
  let recorded: RecordedCalls;
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;
  let module: TestingModule | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mainstay-'));
    root = join(folder, 'storage');
    recorded = new RecordedCalls();
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await module?.close();
    module = undefined;
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  function compile(config: Partial<StorageConfig> = {}): Promise<TestingModule> {
    return Test.createTestingModule({
      imports: [
        recorded.asModule(),
        StorageModule.forRoot({ config: { url: `file:${root}`, ...config } }),
      ],
    }).compile();
  }

  /** The disk is read-only when its operations are tested, so often. */
  function failTestOperations(times: number): void {
    const adopt = vi.spyOn(LocalDisk.prototype, 'adopt');
    for (let i = 0; i < times; i++) adopt.mockRejectedValueOnce(new StorageReadOnlyError());
  }

  const entry = (): ResourceEntry | undefined =>
    module?.get(ResourceRegistry, { strict: false }).get('storage');

  it('Success: every step passes in order, the status is recorded', async () => {
    module = await compile();
    expect(recorded.calls).toEqual(ALL_PASSED);
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 1 });
    expect((await stat(root)).isDirectory()).toBe(true);
    expect((await stat(join(root, '.mainstay'))).mode & 0o777).toBe(0o700);
    expect(await module.get(StorageService).write('a.txt', 'text')).toBe(true);
  });

  it('Failure: the error is logged, the application starts degraded, a retry succeeds', async () => {
    failTestOperations(1);
    module = await compile();
    expect(entry()).toMatchObject({ phase: 'failed' });
    expect(recorded.calls.slice(0, 6)).toEqual([
      ...ALL_PASSED.slice(0, 4),
      'storage step: test operations failed STORAGE_READ_ONLY',
      'storage initialization failed',
    ]);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(logged.mock.calls[0]?.[0]).toContain('storage: step "test operations" failed:');
    await eventually(() => expect(entry()?.phase).toBe('ready'));
    expect(recorded.of('storage ').slice(-6)).toEqual(ALL_PASSED);
    expect(await module.get(StorageService).write('a.txt', 'text')).toBe(true);
  });

  it('Failure, and the storage is required: retried, then the application starts with it', async () => {
    failTestOperations(2);
    module = await compile({ boot: 'required' });
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 3 });
  });

  it('Validate Config fails: the application does not start, whatever the policy', async () => {
    await expect(compile({ url: 'file:' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(RESOURCE_UNAVAILABLE|CONFIGURATION_INVALID)$/),
    });
  });

  it('Test Access finds a file in the place of the folder: the application does not start', async () => {
    await writeFile(root, 'a file');
    await expect(compile()).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      context: { resource: 'storage', step: 'test access' },
    });
    expect(recorded.calls).toEqual([
      'storage step: validate config passed',
      expect.stringMatching(/^storage step: test access failed /),
      'storage initialization failed',
    ]);
  });
});
