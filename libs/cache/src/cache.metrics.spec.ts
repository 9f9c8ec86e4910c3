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

  it('tell that messages were missed', async () => {
    await start({ url: redis.url });
    expect(metric('bus_gaps_total')).toBe(0);
    // As if there had been a message that did not come.
    await bump('mainstay:cache:v2:meta', 'sequence');
    await eventually(() => expect(metric('bus_gaps_total')).toBe(1), BACK_MS);
  });
});
