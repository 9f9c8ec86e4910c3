import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Keyv } from 'keyv';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CacheModuleOptions } from './cache.module-options.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';

const apps: TestingModule[] = [];

beforeAll(() => Logger.overrideLogger(false));
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => Logger.overrideLogger(true));

async function start(
  options: CacheModuleOptions,
  recorded = new RecordedCalls(),
): Promise<CacheService> {
  const app = await Test.createTestingModule({
    imports: [recorded.asModule(), CacheModule.forRoot(options)],
  }).compile();
  apps.push(app);
  return app.get(CacheService);
}

describe('cache rule 22: a store of Keyv', () => {
  it('is initialised by the steps of the data flow', async () => {
    const recorded = new RecordedCalls();
    await start({ store: new Keyv() }, recorded);
    expect(recorded.of('cache step')).toEqual([
      'cache step: validate config passed',
      'cache step: test connection passed',
      'cache step: create connection passed',
      'cache step: set options passed',
      'cache step: test operations passed',
    ]);
    expect(apps[0]?.get(ResourceRegistry).get('cache')).toMatchObject({ phase: 'ready' });
  });

  it('gives back what other instances wrote, as it was', async () => {
    const store = new Keyv();
    const [one, other] = [await start({ store }), await start({ store: () => store })];
    const value = { date: new Date(0), map: new Map([['a', 1n]]), nothing: null, not: undefined };
    await one.set('key', value);
    await one.set('null', null);
    await one.set('undefined', undefined);
    expect(await other.get('key')).toStrictEqual(value);
    expect(await other.lookup('key')).toMatchObject({ hit: true, source: 'l2', stale: false });
    expect(await other.lookup('null')).toMatchObject({ hit: true, value: null });
    expect(await other.lookup('undefined')).toMatchObject({ hit: false });
    await other.set('key', 'newer');
    expect(await one.get('key')).toBe('newer');
    await other.delete('key');
    expect(await one.get('key')).toBeNull();
    await one.set('tagged', 1, { tags: ['a'] });
    await other.invalidateTags('a');
    expect(await one.get('tagged')).toBeNull();
    await one.set('cleared', 1);
    await other.clear();
    expect(await one.get('cleared')).toBeNull();
  });

  it('takes no load of another instance that began before a deletion', async () => {
    const store = new Keyv();
    const [one, other] = [await start({ store }), await start({ store })];
    let open: (value: string) => void = () => undefined;
    const loading = one.getOrSet('key', () => new Promise<string>((resolve) => (open = resolve)));
    await vi.waitUntil(() => open.length > 0);
    await other.delete('key');
    open('old');
    expect(await loading).toBe('old');
    expect([await one.get('key'), await other.get('key')]).toEqual([null, null]);
  });

  it('may come from the factory of forRootAsync, and be made later', async () => {
    const make = vi.fn(async () => new Keyv());
    const app = await Test.createTestingModule({
      imports: [CacheModule.forRootAsync({ useFactory: () => ({ store: make }) })],
    }).compile();
    apps.push(app);
    expect(await app.get(CacheService).set('key', 1)).toBe(true);
    expect(make).toHaveBeenCalled();
  });

  it('needs no URL, also not in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(await (await start({ store: new Keyv() })).set('key', 1)).toBe(true);
    vi.stubEnv('CACHE_URL', 'keyv:');
    expect(await (await start({ store: new Keyv() })).set('key', 1)).toBe(true);
  });

  it.each<[string, string, CacheModuleOptions, RegExp]>([
    ['beside the URL of another', 'redis://127.0.0.1:1', { store: new Keyv() }, /CACHE_URL/],
    ['that is not given', 'keyv:', {}, /CacheModule.forRoot\(\{ store/],
  ])('is refused %s', async (_when, url, options, told) => {
    vi.stubEnv('CACHE_URL', url);
    const error: unknown = await start(options).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ message: expect.stringMatching(told) as string });
  });

  it('that cannot be made does not keep an application from starting', async () => {
    const store = (): Keyv => {
      throw new Error('no such database');
    };
    const cache = await start({ store });
    expect(await cache.getOrSet('key', () => 1)).toBe(1);
    expect(await cache.set('key', 1)).toBe(false);
    const error = apps[0]?.get(ResourceRegistry).get('cache')?.lastError;
    expect(error).toContain('no such database');
  });
});
