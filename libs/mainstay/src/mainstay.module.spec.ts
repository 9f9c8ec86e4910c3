import { ConsoleLogger, Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { MainstayModule, type MainstayOptions } from 'nestjs-mainstay';
import { CacheService } from 'nestjs-mainstay/cache';
import { DatabaseService } from 'nestjs-mainstay/database';
import {
  ResourceRegistry,
  type OperationCallHandler,
  type OperationExecutionContext,
  type OperationInterceptor,
} from 'nestjs-mainstay/resource';
import { HealthMonitor, StatusManager } from 'nestjs-mainstay/status';
import { StorageService } from 'nestjs-mainstay/storage';
import { afterEach, describe, expect, it } from 'vitest';

const EMBEDDED = {
  CACHE_URL: 'memory:',
  DATABASE_URL: 'sqlite::memory:',
  STORAGE_URL: 'memory:',
} as const;
const SERVICES = {
  cache: CacheService,
  database: DatabaseService,
  storage: StorageService,
  status: StatusManager,
} as const;

const SILENT = new ConsoleLogger({ logLevels: [] });

let app: TestingModule | undefined;

afterEach(() => app?.close());

async function start(options: MainstayOptions = {}, env = {}): Promise<TestingModule> {
  const config = { env: { ...EMBEDDED, ...env }, ignoreEnvFile: true };
  const imports = [MainstayModule.forRoot({ config, ...options }), FeatureModule];
  app = await Test.createTestingModule({ imports }).setLogger(SILENT).compile();
  return app.init();
}

@Injectable()
class Witness implements OperationInterceptor {
  readonly seen: string[] = [];

  intercept(
    { resource, operation }: OperationExecutionContext,
    next: OperationCallHandler,
  ): Promise<unknown> {
    this.seen.push(`${resource}.${operation}`);
    return next.handle();
  }
}

@Injectable()
class Feature {
  constructor(readonly registry: ResourceRegistry) {}
}

@Module({ providers: [Feature] })
class FeatureModule {}

describe('MainstayModule', () => {
  it('gives all modules from the environment, injectable everywhere', async () => {
    const started = await start();
    for (const service of Object.values(SERVICES)) {
      expect(started.get(service, { strict: false })).toBeInstanceOf(service);
    }
    const entries = started.get(ResourceRegistry, { strict: false }).all();
    expect(entries.map(({ name, phase }) => [name, phase])).toEqual(
      expect.arrayContaining([
        ['cache', 'ready'],
        ['database', 'ready'],
        ['storage', 'ready'],
      ]),
    );
  });

  for (const off of ['cache', 'database', 'storage', 'status'] as const) {
    it(`leaves ${off} out when it is switched off, and everything else works`, async () => {
      const started = await start({ [off]: false });
      for (const [name, service] of Object.entries(SERVICES)) {
        if (name === off) expect(() => started.get(service, { strict: false })).toThrow();
        else expect(started.get(service, { strict: false })).toBeInstanceOf(service);
      }
    });
  }

  it('works without status: operations run and nothing is recorded', async () => {
    const started = await start({ status: false });
    const cache = started.get(CacheService, { strict: false });
    expect(await cache.set('key', 'value')).toBe(true);
    expect(await cache.get('key')).toBe('value');
  });

  it('passes on what concerns all operations', async () => {
    const started = await start({ resource: { drainTimeoutMs: 50, interceptors: [Witness] } });
    const token = Symbol.for('nestjs-mainstay.drain-timeout-ms');
    expect(started.get(token, { strict: false })).toBe(50);
    await started.get(CacheService, { strict: false }).get('key');
    expect(started.get(Witness, { strict: false }).seen).toContain('cache.get');
  });

  it('passes options in code on, which win over the environment', async () => {
    const started = await start(
      { cache: { config: { criticality: 'critical' } } },
      { CACHE_CRITICALITY: 'informational' },
    );
    expect(started.get(HealthMonitor, { strict: false }).get('cache')?.criticality).toBe(
      'critical',
    );
  });

  it('takes the options of each module from a factory', async () => {
    const config = { env: EMBEDDED, ignoreEnvFile: true };
    const imports = [
      MainstayModule.forRootAsync({
        config,
        storage: false,
        cache: { useFactory: () => ({ config: { criticality: 'critical' } }) },
      }),
    ];
    app = await Test.createTestingModule({ imports }).setLogger(SILENT).compile();
    await app.init();
    const entries = app.get(ResourceRegistry, { strict: false }).all();
    expect(entries.map(({ name, criticality }) => [name, criticality]).toSorted()).toEqual([
      ['cache', 'critical'],
      ['database', 'degradable'],
    ]);
  });

  it('reports the violations of all modules together', async () => {
    const wrong = { CACHE_TTL: 'banana', STORAGE_URL: 'ftp://user:secret@x' };
    await expect(start({}, wrong)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/CACHE_TTL[\s\S]*STORAGE_URL/) as string,
    });
  });
});
