import KeyvRedis from '@keyv/redis';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';
import type { KeyvStoreSource } from './stores/keyv/keyv-store-source.js';

/** The deadlines, and what a busy machine may add to a timer. */
const SOFT_MS = 50 + 300;
const HARD_MS = 500 + 300;
/** Time to notice the end of a fault: a try, the wait before the next, and what the adapter itself waits. */
const BACK_MS = 5_000;
const CALLS = 2_000;

const clock = new SystemClock();
let redis: RedisServer;
let network: TcpProxy;
const apps: TestingModule[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start();
  network = await TcpProxy.start(redis.port);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(async () => {
  await network.dispose();
  await redis.dispose();
  Logger.overrideLogger(true);
});

async function instance(store: KeyvStoreSource): Promise<CacheService> {
  const app = await Test.createTestingModule({
    imports: [CacheModule.forRoot({ store })],
  }).compile();
  apps.push(app);
  return app.get(CacheService);
}

async function timed<T>(call: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = clock.now();
  const value = await call;
  return { value, ms: clock.now() - startedAt };
}

async function untilBack(service: CacheService): Promise<number> {
  const startedAt = clock.now();
  await eventually(async () => expect(await service.set('back?', 1)).toBe(true), 15_000);
  return clock.now() - startedAt;
}

const url = (port: number): string => `redis://127.0.0.1:${port}`;

interface Fault {
  readonly fault: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  { fault: 'killed', begin: () => redis.kill9(), end: () => redis.restart() },
  { fault: 'frozen', begin: () => redis.stop(), end: () => redis.resume() },
  { fault: 'cut off', begin: () => network.cut(), end: () => network.heal() },
  { fault: 'in a black hole', begin: () => network.blackHole(), end: () => network.heal() },
];
const SOURCES = [
  { source: 'an adapter', make: (): KeyvStoreSource => new KeyvRedis(url(network.port)) },
  { source: 'a function', make: (): KeyvStoreSource => () => new KeyvRedis(url(network.port)) },
];
// What nothing comes back from is only noticed by who may make another one.
const CASES = FAULTS.flatMap((fault) => SOURCES.map((source) => ({ ...fault, ...source }))).filter(
  ({ fault, source }) => fault !== 'in a black hole' || source === 'a function',
);

describe.each(CASES)(
  'cache rule 22: a store of Keyv, given by $source, that is $fault',
  ({ begin, end, make }) => {
    it('holds nobody up, and is told afterwards what it has missed', async () => {
      const cache = await instance(make());
      const other = await instance(() => new KeyvRedis(url(redis.port)));
      await Promise.all([untilBack(cache), untilBack(other)]);
      for (const key of ['known', 'deleted', 'replaced']) await cache.set(key, 'old');
      await cache.set('tagged', 'old', { tags: ['tag'] });
      await begin();
      try {
        const read = await timed(cache.get('known'));
        expect(read.value).toBe('old');
        expect(read.ms).toBeLessThan(SOFT_MS);
        const loaded = await timed(cache.getOrSet('new', () => 'loaded'));
        expect(loaded.value).toBe('loaded');
        expect(loaded.ms).toBeLessThan(2 * SOFT_MS);
        const writes = [
          cache.delete('deleted'),
          cache.set('replaced', 'new'),
          cache.invalidateTags('tag'),
        ];
        const written = await timed(Promise.all(writes));
        expect(written.value).toEqual([false, false, false]);
        expect(written.ms).toBeLessThan(HARD_MS);
        expect(await cache.lookup('known')).toMatchObject({ value: 'old', stale: true });
        const calls = Array.from({ length: CALLS }, (_, index) => cache.get(`key:${index}`));
        const settled = await timed(Promise.all(calls));
        expect(settled.ms).toBeLessThan(2_000);
        expect([await cache.get('deleted'), await cache.get('replaced')]).toEqual([null, 'new']);
      } finally {
        await end();
      }
      expect(await untilBack(cache)).toBeLessThan(BACK_MS);
      await untilBack(other);
      await eventually(async () =>
        expect(await other.getMany(['deleted', 'replaced', 'tagged'])).toEqual([null, 'new', null]),
      );
      expect(await cache.getMany(['deleted', 'replaced', 'tagged'])).toEqual([null, 'new', null]);
    });
  },
);

describe.each(SOURCES)('cache rule 7: a store of Keyv given by $source', ({ make }) => {
  it.each(FAULTS)('is closed within 2 s while it is $fault', async ({ begin, end }) => {
    const cache = await instance(make());
    await untilBack(cache);
    await begin();
    try {
      const deleted = cache.delete('key');
      const closed = await timed(apps.splice(0)[0]?.close() ?? Promise.resolve());
      expect(closed.ms).toBeLessThan(2_000 + 300);
      expect(await deleted).toBe(false);
    } finally {
      await end();
    }
  });
});

describe.each(SOURCES)('cache rule 6: a store of Keyv given by $source', ({ make }) => {
  it.each(FAULTS)('that is $fault at boot is taken up later', async ({ begin, end }) => {
    await begin();
    let cache: CacheService;
    try {
      const booted = await timed(instance(make()));
      cache = booted.value;
      expect(booted.ms).toBeLessThan(500 + 500);
      expect(await cache.getOrSet('key', () => 'loaded')).toBe('loaded');
      expect(await cache.set('key', 'set')).toBe(false);
      expect(apps[0]?.get(ResourceRegistry).get('cache')?.phase).not.toBe('ready');
    } finally {
      await end();
    }
    expect(await untilBack(cache)).toBeLessThan(BACK_MS);
    const other = await instance(() => new KeyvRedis(url(redis.port)));
    await eventually(async () => expect(await other.get('key')).toBe('set'));
  });
});
