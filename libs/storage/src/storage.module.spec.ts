import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getStorageToken, InjectStorage } from './storage-token.js';
import type { StorageConfig } from './storage.config.js';
import { StorageModule } from './storage.module.js';
import { StorageService } from './storage.service.js';

const STEPS = [
  'validate config',
  'test access',
  'create directories',
  'set permissions',
  'test operations',
];

let folder: string;
let recorded: RecordedCalls;
let opened: TestingModule[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-module-'));
  recorded = new RecordedCalls();
  opened = [];
  Logger.overrideLogger(false);
});

afterEach(async () => {
  for (const app of opened) await app.close();
  Logger.overrideLogger(true);
  await rm(folder, { recursive: true, force: true });
});

async function start(
  ...imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>
) {
  const app = await Test.createTestingModule({
    imports: [recorded.asModule(), ...imports],
  }).compile();
  opened.push(app);
  return app.init();
}

function startWith(config: Partial<StorageConfig>): Promise<TestingModule> {
  return start(StorageModule.forRoot({ config: { url: `file:${folder}/root`, ...config } }));
}

const resourceOf = (app: TestingModule, name = 'storage') => {
  const entry = app.get(ResourceRegistry).get(name);
  if (!entry) throw new Error(`${name} is not registered`);
  return entry;
};

const probe = (app: TestingModule) => resourceOf(app).resource.probe(new AbortController().signal);

describe('storage rule 16: boot in the order of the document', () => {
  it('runs and records the steps of a local disk', async () => {
    const app = await startWith({});
    expect(recorded.of('storage step')).toEqual(
      STEPS.map((step) => `storage step: ${step} passed`),
    );
    expect(recorded.calls).toContain('storage initialization succeeded');
    expect(resourceOf(app)).toMatchObject({ phase: 'ready', criticality: 'degradable' });
    expect(await readdir(join(folder, 'root', '.mainstay'))).toEqual(['root-id']);
  });

  it('runs the steps that a memory disk has', async () => {
    await startWith({ url: 'memory:' });
    expect(recorded.of('storage step')).toEqual([
      'storage step: validate config passed',
      'storage step: test operations passed',
    ]);
  });

  it('answers with false and typed errors while the root is away, and recovers by itself', async () => {
    await mkdir(join(folder, 'parent'), { mode: 0o755 });
    const app = await startWith({ url: `file:${folder}/parent/root` });
    const storage = app.get(StorageService);
    await rename(join(folder, 'parent'), join(folder, 'gone'));
    expect(await storage.write('a', 'data')).toBe(false);
    await expect(storage.read('a')).rejects.toMatchObject({ code: 'STORAGE_ROOT_MISSING' });
    await rename(join(folder, 'gone'), join(folder, 'parent'));
    expect(await storage.write('a', 'data')).toBe(true);
  });

  for (const [url, what] of [
    ['file:/', 'the root of the file system'],
    ['file:', 'no path'],
    ['file://host/share', 'a host'],
    ['memory:x', 'something after memory:'],
  ] as const) {
    it(`refuses a URL with ${what} at once`, async () => {
      await expect(startWith({ url })).rejects.toMatchObject({
        message: expect.stringContaining('step "validate config" failed') as string,
      });
    });
  }

  it('refuses a file in the place of the root at once', async () => {
    await writeFile(join(folder, 'root'), '');
    await expect(startWith({})).rejects.toMatchObject({
      message: expect.stringContaining('step "test access" failed') as string,
    });
  });

  it('reads URLs with one, two and three slashes', async () => {
    for (const url of [`file:${folder}/one`, `file://${folder}/three`]) {
      const app = await startWith({ url });
      expect(await app.get(StorageService).write('a', 'data')).toBe(true);
      await app.close();
    }
    expect((await readdir(folder)).toSorted()).toEqual(['one', 'three']);
  });

  it('applies the configured modes, limits and durability', async () => {
    const app = await startWith({ fileMode: '0600', maxBytes: 3, durability: 'file' });
    const storage = app.get(StorageService);
    expect(await storage.put('a', '123')).toMatchObject({ durability: 'file' });
    await expect(storage.write('a', '1234')).rejects.toMatchObject({ code: 'STORAGE_TOO_LARGE' });
  });

  it('refuses modes that are none', async () => {
    await expect(startWith({ fileMode: 'rw' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
  });
});

describe('storage rule 17: health', () => {
  it('writes, syncs, reads and deletes, and tells what is left of the disk', async () => {
    const app = await startWith({ minFreeBytes: 0, minFreeInodes: 0 });
    expect(await probe(app)).toMatchObject({
      capabilities: { read: true, write: true, space: true },
      details: {
        disk: 'local',
        createOnly: true,
        temps: 0,
        freeBytes: expect.any(Number) as number,
        writeMs: expect.any(Number) as number,
      },
    });
    expect(await readdir(join(folder, 'root'))).toEqual(['.mainstay']);
  });

  it('says when space runs short', async () => {
    const app = await startWith({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    expect(await probe(app)).toMatchObject({ capabilities: { write: true, space: false } });
  });

  it('says when only writing fails, and throws when nothing works', async () => {
    const app = await startWith({});
    await rename(join(folder, 'root', '.mainstay'), join(folder, 'own'));
    expect(await probe(app).catch((error: unknown) => error)).toMatchObject({
      code: 'STORAGE_ROOT_MISSING',
    });
    await rename(join(folder, 'own'), join(folder, 'root', '.mainstay'));
    await rm(join(folder, 'root', '.mainstay', 'root-id'));
    await rm(join(folder, 'root'), { recursive: true });
    await expect(probe(app)).rejects.toMatchObject({ code: 'STORAGE_ROOT_MISSING' });
  });

  it('knows a memory disk', async () => {
    const app = await startWith({ url: 'memory:' });
    expect(await probe(app)).toMatchObject({
      capabilities: { read: true, write: true, space: true },
      details: { disk: 'memory' },
    });
  });
});

describe('storage rule 20: named disks', () => {
  @Injectable()
  class Avatars {
    constructor(
      readonly storage: StorageService,
      @InjectStorage('avatars') readonly avatars: StorageService,
    ) {}
  }

  @Module({ providers: [Avatars] })
  class AvatarsModule {}

  it('are injected by name, and keep to themselves', async () => {
    const app = await start(
      StorageModule.forRoot({ isGlobal: true, config: { url: 'memory:' } }),
      StorageModule.forRootAsync({
        name: 'avatars',
        isGlobal: true,
        useFactory: async () => ({ config: { url: `file:${folder}/avatars` } }),
      }),
      AvatarsModule,
    );
    const { storage, avatars } = app.get(Avatars);
    expect(await avatars.write('ada.png', 'picture')).toBe(true);
    expect(await storage.exists('ada.png')).toBe(false);
    expect(app.get(getStorageToken('avatars'))).toBe(avatars);
    expect(app.get(getStorageToken())).toBe(storage);
    expect(resourceOf(app, 'storage:avatars').phase).toBe('ready');
    expect(recorded.calls).toContain('storage:avatars.write success');
  });

  it('validates what a factory gives', async () => {
    const bad = StorageModule.forRootAsync({ useFactory: () => ({ config: { url: 'ftp://x' } }) });
    await expect(start(bad)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});
