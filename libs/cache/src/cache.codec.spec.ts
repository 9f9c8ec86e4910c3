import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import type { CacheModuleOptions } from './cache.module-options.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';
import type { CacheCodec } from './values/cache-codec.js';

/** Plain JSON, which knows less than the cache takes. */
const json: CacheCodec = {
  name: 'json',
  encode: (value) => JSON.stringify(value),
  decode: (text) => JSON.parse(text) as unknown,
};

let redis: RedisServer;
let app: TestingModule | undefined;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start();
});
afterEach(() => app?.close());
afterAll(async () => {
  await redis.dispose();
  Logger.overrideLogger(true);
});

async function start({ config, ...options }: CacheModuleOptions): Promise<CacheService> {
  app = await Test.createTestingModule({
    imports: [CacheModule.forRoot({ config: { url: redis.url, ...config }, ...options })],
  }).compile();
  return app.get(CacheService);
}

describe('cache rule 18: a codec of the application', () => {
  it('writes what Redis gets, as the factory of forRootAsync gave it too', async () => {
    app = await Test.createTestingModule({
      imports: [
        CacheModule.forRootAsync({
          useFactory: () => ({ config: { url: redis.url, namespace: 'late' }, codec: json }),
        }),
      ],
    }).compile();
    await app.get(CacheService).set('key', { a: 1 });
    const client = await createClient({ url: redis.url }).connect();
    expect(await client.get('late:cache:v2:e:key')).toMatch(/json\n{"a":1}$/);
    client.destroy();
  });

  it('refuses what it cannot encode to who sets it, and gives it to who loads it', async () => {
    const cache = await start({ codec: json, config: { namespace: 'refused' } });
    const refused = { code: 'CACHE_ENCODE_FAILED', message: expect.stringContaining('"json"') };
    await expect(cache.set('key', 1n)).rejects.toMatchObject(refused);
    await expect(cache.put('key', 1n)).rejects.toMatchObject(refused);
    await expect(cache.setMany([{ key: 'key', value: 1n }])).rejects.toMatchObject(refused);
    expect(await cache.getOrSet('key', () => 1n)).toBe(1n);
    expect(await cache.getOrSetMany(['key'], () => [['key', 2n]])).toEqual([2n]);
    expect(await cache.get('key')).toBeNull();
  });

  it('counts what it cannot decode as missing, in the report of health and in the metrics', async () => {
    const cache = await start({ config: { namespace: 'undecodable', maxEntries: 1 } });
    await cache.set('key', { a: 1 });
    await cache.set('other', 1);
    const client = await createClient({ url: redis.url }).connect();
    const name = 'undecodable:cache:v2:e:key';
    const text = String(await client.get(name));
    await client.set(name, text.slice(0, -1));
    client.destroy();
    expect(await cache.getOrSet('key', () => 'loaded')).toBe('loaded');
    const resource = app?.get(ResourceRegistry).get('cache')?.resource;
    const probed = await resource?.probe(new AbortController().signal);
    expect(probed?.details).toMatchObject({ undecodable: 1 });
    const metric = resource?.metrics.find(({ name: of }) => of.includes('undecodable'));
    expect(metric?.read('')).toBe(1);
  });

  it('is not asked where entries stay in the process', async () => {
    const encode = vi.fn(() => '');
    const cache = await start({
      codec: { ...json, encode },
      config: { url: 'memory:' },
    });
    await cache.set('key', 1n);
    expect(await cache.get('key')).toBe(1n);
    expect(encode).not.toHaveBeenCalled();
  });

  it('has a name that fits into an entry', async () => {
    const starting = start({ codec: { ...json, name: 'a\nb' }, config: { boot: 'required' } });
    await expect(starting).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' });
  });
});
