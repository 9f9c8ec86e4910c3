import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CacheModule, CacheResource } from 'nestjs-mainstay/cache';
import { ConfigModule } from 'nestjs-mainstay/config';
import { DatabaseModule, DatabaseService } from 'nestjs-mainstay/database';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { StorageModule, StorageService } from 'nestjs-mainstay/storage';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

/**
 * Environment Variables, Default Values, Validation Rules → Configuration → Cache, Database, Filesystem Config → Cache,
 * Database, Filesystem Initialization
 */
describe('Configuration Flow', () => {
  const workingDirectory = process.cwd();
  let folder: string;
  let recorded: RecordedCalls;
  let warned: MockInstance<(message: unknown, ...rest: unknown[]) => void>;
  let module: TestingModule | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mainstay-'));
    recorded = new RecordedCalls();
    warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const level of ['log', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await module?.close();
    module = undefined;
    process.chdir(workingDirectory);
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  function compile(env: NodeJS.ProcessEnv): Promise<TestingModule> {
    return Test.createTestingModule({
      imports: [
        recorded.asModule(),
        ConfigModule.forRoot({ env, ignoreEnvFile: true }),
        CacheModule.forRoot(),
        DatabaseModule.forRoot(),
        StorageModule.forRoot(),
      ],
    }).compile();
  }

  const resource = (name: string) =>
    module?.get(ResourceRegistry, { strict: false }).get(name)?.resource;

  it('Environment Variables reach the config of each module, and each is initialised with it', async () => {
    module = await compile({
      CACHE_URL: 'memory:',
      CACHE_TTL: '90s',
      CACHE_CRITICALITY: 'critical',
      DATABASE_URL: `sqlite:${folder}/app.sqlite`,
      DATABASE_BOOT: 'required',
      STORAGE_URL: `file:${folder}/storage`,
      STORAGE_CRITICALITY: 'informational',
    });
    expect(resource('cache')).toMatchObject({ criticality: 'critical', boot: 'degraded' });
    expect((resource('cache') as CacheResource).config.ttl).toBe(90_000);
    expect(resource('database')).toMatchObject({ criticality: 'degradable', boot: 'required' });
    expect(resource('storage')).toMatchObject({ criticality: 'informational', boot: 'degraded' });
    expect(recorded.calls.filter((call) => call.includes('initialization'))).toEqual(
      expect.arrayContaining([
        'cache initialization succeeded',
        'database initialization succeeded',
        'storage initialization succeeded',
      ]),
    );
    expect(await module.get(DatabaseService).query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await module.get(StorageService).write('a.txt', 'text')).toBe(true);
  });

  it('Default Values fill in what is not set, and are logged as the zero-setup mode they are', async () => {
    process.chdir(folder);
    module = await compile({});
    const { config } = resource('cache') as CacheResource;
    expect(config).toEqual({
      url: 'memory:',
      namespace: 'mainstay',
      ttl: 300_000,
      negativeTtl: 30_000,
      maxEntries: 10_000,
      grace: 600_000,
      graceBackoff: 10_000,
      factorySoftTimeout: 1_000,
      factoryTimeout: 10_000,
      eagerRefresh: false,
      lock: false,
      lockWait: 2_000,
      boot: 'degraded',
      criticality: 'degradable',
    });
    expect(Object.isFrozen(config)).toBe(true);
    const warnings = warned.mock.calls.map(([text]) => String(text)).join('\n');
    for (const variable of ['CACHE_URL', 'DATABASE_URL', 'STORAGE_URL']) {
      expect(warnings).toContain(variable);
    }
  });

  it('Validation Rules: everything that is wrong, in all modules, comes in one report, and nothing is initialised', async () => {
    const compiling = compile({
      CACHE_TTL: 'banana',
      DATABASE_URL: 'oracle://user:hunter2@host',
      STORAGE_DURABILITY: 'some',
    });
    await expect(compiling).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/CACHE_TTL[^]*DATABASE_URL[^]*STORAGE_DURABILITY/),
    });
    await expect(compiling).rejects.not.toThrow(/hunter2/);
    expect(recorded.calls).toEqual([]);
  });

  it('Validation Rules: in production an engine has to be chosen', async () => {
    await expect(compile({ NODE_ENV: 'production' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/CACHE_URL[^]*DATABASE_URL[^]*STORAGE_URL/),
    });
  });
});
