import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CacheModule, CacheService } from 'nestjs-mainstay/cache';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { TcpProxy } from '../support/servers/tcp-proxy.js';

/** What a busy machine may add to a deadline. */
const MARGIN_MS = 700;

let redis: RedisServer;
/** The ways of two instances to Redis. */
let networks: [TcpProxy, TcpProxy];
let one: CacheService;
let other: CacheService;
const apps: TestingModule[] = [];

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(async () => {
  redis = await RedisServer.start();
  networks = [await TcpProxy.start(redis.port), await TcpProxy.start(redis.port)];
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  for (const network of networks) await network.dispose();
  await redis.dispose();
});

async function instance(network: TcpProxy): Promise<CacheService> {
  const url = `redis://127.0.0.1:${network.port}`;
  const app = await Test.createTestingModule({
    imports: [CacheModule.forRoot({ config: { url } })],
  }).compile();
  apps.push(app);
  return app.get(CacheService);
}

async function start(): Promise<void> {
  [one, other] = await Promise.all([instance(networks[0]), instance(networks[1])]);
  await Promise.all([connected(one), connected(other)]);
}

/** Waits until an instance has Redis. */
async function connected(cache: CacheService): Promise<void> {
  await eventually(async () => expect(await cache.set('connected?', 1)).toBe(true), 10_000);
}

/** Both instances have the value in memory. */
async function known(key: string, value: unknown, tags?: readonly string[]): Promise<void> {
  expect(await one.set(key, value, { tags })).toBe(true);
  await eventually(async () => expect(await other.get(key)).toBe(value));
  expect(await one.get(key)).toBe(value);
}

async function took<T>(
  call: () => Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now();
  return { value: await call(), ms: performance.now() - startedAt };
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('Redis is down at boot', () => {
  it.each([
    ['refuses', () => networks[0].cut()],
    ['hangs', () => networks[0].blackHole()],
  ])(
    'and %s: the application starts, requests are answered, and it can be closed',
    async (_, begin) => {
      begin();
      const booted = await took(() => instance(networks[0]));
      expect(booted.ms).toBeLessThan(500 + MARGIN_MS + 1_000);
      const cache = booted.value;
      const answered = await took(() => cache.getOrSet('key', () => 'made'));
      expect(answered.value).toBe('made');
      expect(answered.ms).toBeLessThan(500 + MARGIN_MS);
      expect(await cache.get('unknown')).toBeNull();
      expect(await cache.set('key', 1)).toBe(false);
      const closed = await took(async () => apps.splice(0)[0]?.close());
      expect(closed.ms).toBeLessThan(2_000);
    },
  );
});

describe.each([
  ['is killed in traffic', () => redis.kill9()],
  ['hangs in traffic (SIGSTOP)', async () => redis.stop()],
])('Redis %s', (_name, begin) => {
  it('and 100,000 calls all settle, with less than 20 MB more heap, and no call waits', async () => {
    await start();
    await known('known', 'value');
    await begin();
    await one.get('warm up');
    const before = heapAfterCollection();
    const startedAt = performance.now();
    const calls = Array.from({ length: 100_000 }, (_, index) =>
      one.get(index % 2 ? 'known' : `${index}`),
    );
    const heldHeap = heapAfterCollection() - before;
    const values = new Set(await Promise.all(calls));
    expect(values).toEqual(new Set(['value', null]));
    calls.length = 0;
    values.clear();
    const grown = heapAfterCollection() - before;
    process.stdout.write(
      `100,000 calls: ${(performance.now() - startedAt).toFixed()} ms, heap ${(grown / 1e6).toFixed(1)} MB more afterwards, ${(heldHeap / 1e6).toFixed(1)} MB with all promises\n`,
    );
    expect(grown).toBeLessThan(20e6);
    // What Redis owes is known by now: nobody waits any more.
    const later = await took(() => one.get('unknown'));
    expect(later.ms).toBeLessThan(500 + MARGIN_MS);
    const loaded = await took(() => one.getOrSet('to be loaded', () => 'made'));
    expect(loaded).toMatchObject({ value: 'made' });
    expect(loaded.ms).toBeLessThan(100 + MARGIN_MS);
  });
});

describe('a partition of one instance', () => {
  beforeEach(start);

  it('delete: it is not reported as done, and the value does not come back anywhere', async () => {
    await known('key', 'old');
    networks[0].cut();
    await eventually(async () => expect(await one.delete('key')).toBe(false));
    expect(await one.get('key')).toBeNull();
    await networks[0].heal();
    const healedAt = performance.now();
    while (performance.now() - healedAt < 3_000) {
      expect(await one.get('key')).toBeNull();
      if (performance.now() - healedAt > 2_500) expect(await other.get('key')).toBeNull();
      await new Promise(setImmediate);
    }
    expect(await one.getOrSet('key', () => 'new')).toBe('new');
    expect(await other.getOrSet('key', () => 'never called')).toBe('new');
  });

  it('set: all instances have the value soon after, and an older write does not land on a newer', async () => {
    await known('mine', 'old');
    await known('theirs', 'old');
    networks[0].cut();
    await eventually(async () => expect(await one.put('mine', 'new')).toBe('queued'));
    expect(await one.put('theirs', 'older')).toBe('queued');
    expect(await other.set('theirs', 'newer')).toBe(true);
    await networks[0].heal();
    await connected(one);
    await eventually(async () => {
      const keys = ['mine', 'theirs'];
      expect(await other.getMany(keys)).toEqual(['new', 'newer']);
      expect(await one.getMany(keys)).toEqual(['new', 'newer']);
    }, 1_000 + MARGIN_MS);
  });

  it('tags and clear: what they hit is gone everywhere', async () => {
    await known('tagged', 'old', ['tag']);
    networks[0].cut();
    await eventually(async () => expect(await one.invalidateTags('tag')).toBe(false));
    await networks[0].heal();
    await connected(one);
    await eventually(async () => expect(await other.get('tagged')).toBeNull(), 1_000 + MARGIN_MS);
    await known('cleared', 'old');
    networks[1].cut();
    await eventually(async () => expect(await other.clear()).toBe(false));
    await networks[1].heal();
    await connected(other);
    await eventually(async () => expect(await one.get('cleared')).toBeNull(), 1_000 + MARGIN_MS);
  });
});

describe('an instance that hears nothing for a while', () => {
  it('does not take for fresh what was invalidated more than 3 s ago, keys and tags alike, and is not deaf for good', async () => {
    await start();
    await known('key', 'old');
    await known('tagged', 'old', ['tag']);
    networks[1].blackHole('answers');
    expect(await one.delete('key')).toBe(true);
    expect(await one.invalidateTags('tag')).toBe(true);
    const invalidatedAt = performance.now();
    while (performance.now() - invalidatedAt < 6_000) {
      for (const key of ['key', 'tagged']) {
        const startedAt = performance.now();
        const found = await other.lookup(key).catch(() => ({ hit: false, stale: false }));
        const isFresh = found.hit && !found.stale;
        if (startedAt - invalidatedAt > 3_000) expect(isFresh).toBe(false);
      }
    }
    await networks[1].heal();
    await connected(other);
    expect(await other.getMany(['key', 'tagged'])).toEqual([null, null]);
    await known('after', 'heard');
    await one.delete('after');
    await eventually(async () => expect(await other.get('after')).toBeNull(), 1_000);
  });
});

describe('loads', () => {
  beforeEach(start);

  it.each<[string, (key: string) => Promise<boolean>]>([
    ['delete', (key) => one.delete(key)],
    ['set', (key) => one.set(key, 'newer')],
    ['invalidation of a tag', () => one.invalidateTags('tag')],
    ['clear', () => one.clear()],
  ])(
    'a %s by another instance in the middle of a load: its value is given and not cached',
    async (_, change) => {
      let finish: (value: string) => void = () => undefined;
      const source = new Promise<string>((resolve) => (finish = resolve));
      const factory = vi.fn(() => source);
      const loading = other.getOrSet('key', factory, { tags: ['tag'] });
      await eventually(() => expect(factory).toHaveBeenCalled());
      expect(await change('key')).toBe(true);
      finish('old');
      expect(await loading).toBe('old');
      expect([null, 'newer']).toContain(await other.get('key'));
      expect([null, 'newer']).toContain(await one.get('key'));
    },
  );

  it('100 waiters of a factory that fails: it is called once, and each gets its error', async () => {
    const failure = new Error('the source is down');
    const factory = vi.fn(() => Promise.reject(failure));
    const calls = Array.from({ length: 100 }, () => one.getOrSet('key', factory));
    const outcomes = await Promise.allSettled(calls);
    expect(factory).toHaveBeenCalledOnce();
    expect(
      new Set(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)),
    ).toEqual(new Set([failure]));
  });
});

describe('values', () => {
  beforeEach(start);

  it.each([null, 0, '', false])(
    '%j made by a factory is a hit for every instance',
    async (value) => {
      expect(await one.getOrSet<unknown>('key', () => value)).toBe(value);
      const factory = vi.fn(() => 'made again');
      expect(await other.getOrSet<unknown>('key', factory)).toBe(value);
      expect(await other.lookup('key')).toMatchObject({ hit: true, value });
      expect(factory).not.toHaveBeenCalled();
    },
  );

  it('what one instance takes over from Redis lives no longer than it has left', async () => {
    await one.set('key', 'value', { ttl: 1_000 });
    const writtenAt = performance.now();
    expect(await other.get('key')).toBe('value');
    const { ttl } = (await other.lookup('key')) as { ttl: number };
    expect(ttl).toBeLessThanOrEqual(1_000);
    await eventually(async () => expect(await other.get('key')).toBeNull(), 2_000);
    expect(performance.now() - writtenAt).toBeLessThan(1_000 + MARGIN_MS);
  });
});
