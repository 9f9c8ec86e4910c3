import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import type { CacheConfig } from './cache.config.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';

const BACK_MS = 5_000;

let redis: RedisServer;
let app: TestingModule;

// Warnings of the faults that are made here.
beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start();
});
afterEach(() => app.close());
afterAll(async () => {
  await redis.dispose();
  Logger.overrideLogger(true);
});

async function start(config: Partial<CacheConfig>): Promise<CacheService> {
  app = await Test.createTestingModule({
    imports: [new RecordedCalls().asModule(), CacheModule.forRoot({ config })],
  }).compile();
  const cache = app.get(CacheService);
  await eventually(async () => expect(await cache.set('back?', 1)).toBe(true), BACK_MS);
  return cache;
}

/** Where hits were found, in the memory of the process, in Redis, and in what stands in; from now on. */
function countHits(): () => (number | undefined)[] {
  const read = (): number[] =>
    ['l1', 'l2', 'stale'].map((tier) => metric('hits_total', tier) ?? NaN);
  const before = read();
  return () => read().map((count, index) => count - (before[index] ?? 0));
}

/** A metric of the cache, as it is now. */
function metric(name: string, label = ''): number | undefined {
  const resource = app.get(ResourceRegistry).get('cache')?.resource;
  return resource?.metrics.find((one) => one.name === `mainstay_cache_${name}`)?.read(label);
}

async function bump(key: string, field: string): Promise<void> {
  const client = createClient({ url: redis.url });
  await client.connect();
  await client.hIncrBy(key, field, 1);
  client.destroy();
}

describe('cache rule 20: the metrics of a cache', () => {
  it('tell its entries and the calls that joined a load', async () => {
    const cache = await start({ url: 'memory:' });
    const loads = [1, 2, 3].map((value) => cache.getOrSet('key', async () => value));
    await Promise.all(loads);
    expect(metric('coalesced_total')).toBe(2);
    expect(metric('entries')).toBe(2);
    expect([metric('journal_depth'), metric('bus_silence_seconds')]).toEqual([0, 0]);
  });

  it.each([
    ['entries', { maxEntries: 2 }],
    ['bytes', { maxBytes: 1_024 }],
  ])('tell how many entries had to make room: %s', async (reason, bound) => {
    const cache = await start({ url: 'memory:', ...bound });
    await cache.delete('back?');
    for (const key of ['a', 'b', 'c']) await cache.set(key, 'x'.repeat(200));
    expect(metric('entries')).toBe(2);
    expect(metric('evictions_total', reason)).toBe(1);
    expect(metric('evictions_total', reason === 'bytes' ? 'entries' : 'bytes')).toBe(0);
  });

  it('tell what is queued while Redis hangs, and for how long it has been silent', async () => {
    const cache = await start({ url: redis.url });
    expect([metric('journal_depth'), metric('bus_silence_seconds')]).toEqual([0, 0]);
    redis.stop();
    expect(await cache.set('key', 1)).toBe(false);
    await eventually(() => expect(metric('journal_depth')).toBe(1), BACK_MS);
    expect(metric('bus_silence_seconds')).toBeGreaterThan(0.1);
    redis.resume();
    await eventually(() => expect(metric('journal_depth')).toBe(0), BACK_MS);
  });

  it('tell in which tier each value was found, of batches too', async () => {
    const writer = await start({ url: redis.url });
    const writing = app;
    await writer.setMany(['a', 'b', 'c', 'd'].map((key) => ({ key, value: key })));
    const cache = await start({ url: redis.url });
    const hits = countHits();
    await cache.get('a');
    expect(hits()).toEqual([0, 1, 0]);
    await cache.get('a');
    await cache.lookup('a');
    await cache.getOrSet('a', () => 'new');
    await cache.lookupOrSet('a', () => 'new');
    expect(hits()).toEqual([4, 1, 0]);
    await cache.lookup('b');
    await cache.getMany(['a', 'b', 'c', 'none']);
    expect(hits()).toEqual([6, 3, 0]);
    await cache.getOrSetMany(['a', 'd', 'none'], () => []);
    expect(hits()).toEqual([7, 4, 0]);
    redis.stop();
    // Until the copies are no longer known to be all right.
    await eventually(async () => {
      expect((await cache.lookup<string>('a')).hit).toBe(true);
      expect(hits()[2]).toBeGreaterThan(0);
    }, BACK_MS);
    const stale = countHits();
    expect(await cache.get('a')).toBe('a');
    expect(await cache.getMany(['a', 'b'])).toEqual(['a', 'b']);
    expect(stale()).toEqual([0, 0, 3]);
    redis.resume();
    await writing.close();
  });

  it('tell of a value that stands in for a factory', async () => {
    const cache = await start({ url: 'memory:' });
    await cache.getOrSet('key', () => 'old');
    await cache.expire('key');
    const hits = countHits();
    const fails = (): never => {
      throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    };
    expect(await cache.getOrSet('key', fails)).toBe('old');
    expect(hits()).toEqual([0, 0, 1]);
  });

  it('tell that messages were missed', async () => {
    await start({ url: redis.url });
    expect(metric('bus_gaps_total')).toBe(0);
    // As if there had been a message that did not come.
    await bump('mainstay:cache:v2:meta', 'sequence');
    await eventually(() => expect(metric('bus_gaps_total')).toBe(1), BACK_MS);
  });
});
