import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describeCacheStore } from 'nestjs-mainstay/testing/cache';
import * as driver from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import { toCachedValue } from '../../values/cached-value.js';
import type { CacheEntry } from '../cache-store.js';
import { parseRedisAddress } from './redis-address.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { RedisStore } from './redis-store.js';

const { signal } = new AbortController();
const connections: RedisConnection[] = [];
let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(async () => {
  for (const connection of connections) connection.destroy(new Error('the tests have ended'));
  await redis.dispose();
});
afterEach(() => vi.restoreAllMocks());

async function connect(clock: Clock): Promise<RedisConnection> {
  const address = parseRedisAddress(redis.url, 'cache');
  const options = { driver, address, clock, cache: 'cache' };
  const connection = await RedisConnection.open(options, signal);
  connections.push(connection);
  return connection;
}

async function storeOn(clock: Clock, namespace: string = randomUUID()): Promise<RedisStore> {
  const connection = await connect(clock);
  const keys = new RedisKeys(namespace);
  const store = new RedisStore({ connection: () => connection, keys, clock, cache: 'cache' });
  // As every connection is tested before it is used.
  await store.check();
  return store;
}

function entryOf(value: unknown, options: Partial<CacheEntry> = {}): CacheEntry {
  const expiresAt = options.expiresAt ?? Infinity;
  const times = { createdAt: 0, asOf: 0, expiresAt, staleUntil: expiresAt };
  const defaults = { ...times, order: 1, tags: undefined };
  return { ...toCachedValue(value), ...defaults, ...options };
}

describeCacheStore(
  { describe, it },
  { name: 'RedisStore', create: (clock) => storeOn(clock), isBounded: false },
);

describe('cache rule 19: RedisStore', () => {
  it('lets instances see the entries, deletions, tags and clears of each other', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const [one, other] = [await storeOn(clock, namespace), await storeOn(clock, namespace)];
    await one.set('plain', entryOf(1));
    await one.set('tagged', entryOf(2, { tags: ['a', 'b'] }));
    expect((await other.get('plain'))?.data).toBe(1);
    expect((await other.get('tagged'))?.data).toBe(2);
    await other.invalidateTags(['b']);
    expect(await one.get('tagged')).toBeUndefined();
    expect((await one.get('plain'))?.data).toBe(1);
    await one.set('tagged', entryOf(3, { tags: ['b'] }));
    expect((await other.get('tagged'))?.data).toBe(3);
    await other.clear();
    expect(await one.get('plain')).toBeUndefined();
    expect(await one.get('tagged')).toBeUndefined();
  });

  it('keeps keys apart that look alike in UTF-8', async () => {
    const store = await storeOn(new FakeClock());
    const keys = ['\uD800', '\uD801', '\uFFFD', '\uFFFDd800', '\uD83D\uDE00', 'a\r\nb', '\0', '*'];
    for (const key of keys) await store.set(key, entryOf(key, { tags: [key] }));
    const found = await store.getMany(keys);
    expect(found.map((entry) => entry?.data)).toEqual(keys);
    await store.invalidateTags(['\uD800']);
    expect(await store.get('\uD800')).toBeUndefined();
    expect(await store.get('\uD801')).toBeDefined();
  });

  it('puts namespace and schema version into each key exactly once, and nothing else into the database', async () => {
    const clock = new FakeClock();
    const connection = await connect(clock);
    await connection.send(['FLUSHALL']);
    const store = await storeOn(clock, 'shop:cache');
    await store.set('key', entryOf(1, { tags: ['tag'] }));
    await store.check();
    const keys = (await connection.send(['KEYS', '*'])) as string[];
    expect(keys.toSorted()).toEqual([
      'shop:cache:v1:e:key',
      'shop:cache:v1:epoch',
      'shop:cache:v1:t:tag',
    ]);
  });

  it('reads an untagged entry in one round trip, clears and invalidates in one command each', async () => {
    const clock = new FakeClock();
    const connection = await connect(clock);
    const sent = vi.spyOn(connection, 'send');
    const keys = new RedisKeys(randomUUID());
    const store = new RedisStore({ connection: () => connection, keys, clock, cache: 'cache' });
    await store.set('key', entryOf(1));
    sent.mockClear();
    await store.get('key');
    await store.clear();
    await store.invalidateTags(['a', 'b']);
    expect(sent.mock.calls.map(([[command]]) => command)).toEqual(['MGET', 'DEL', 'DEL']);
  });

  it('revives nothing when Redis evicts the names of the epoch and of tags', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const keys = new RedisKeys(namespace);
    const connection = await connect(clock);
    const store = await storeOn(clock, namespace);
    await store.set('plain', entryOf(1));
    await store.set('tagged', entryOf(2, { tags: ['tag'] }));
    await store.invalidateTags(['tag']);
    await connection.send(['DEL', keys.tag('tag')]);
    expect(await store.get('tagged')).toBeUndefined();
    await store.set('other', entryOf(3, { tags: ['tag'] }));
    expect(await store.get('tagged')).toBeUndefined();
    await connection.send(['DEL', keys.epoch]);
    await store.set('other', entryOf(4));
    expect(await store.get('plain')).toBeUndefined();
  });
});

describe('cache rule 18: RedisStore', () => {
  it.each([
    ['not what the cache writes', 'garbage'],
    ['cut off', 'epoch\n\n[0,null,1,null]\n{"a":'],
    ['of a type that nobody knows', 'epoch\n\n[0,null,1,null]\n{"$":["Quaternion","AA=="]}'],
    ['without a head', 'epoch\n\n\n1'],
    ['without a time', 'epoch\n\n[null,null,1,null]\n1'],
    ['with an end that is none', 'epoch\n\n[0,"never",1,null]\n1'],
    ['with tags that are none', 'epoch\n\n[0,null,1,"tag"]\n1'],
  ])('takes an entry for missing that is %s, and says so', async (_name, text) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new FakeClock();
    const namespace = randomUUID();
    const keys = new RedisKeys(namespace);
    const connection = await connect(clock);
    await connection.send(['SET', keys.epoch, 'epoch']);
    await connection.send(['SET', keys.entry('key'), text]);
    const store = await storeOn(clock, namespace);
    expect(await store.get('key')).toBeUndefined();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('cannot be read')]]);
  });

  it('counts all of them and logs the first few', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new FakeClock();
    const namespace = randomUUID();
    const connection = await connect(clock);
    await connection.send(['SET', new RedisKeys(namespace).entry('key'), 'garbage']);
    const store = await storeOn(clock, namespace);
    for (let read = 0; read < 20; read++) await store.get('key');
    expect(warn).toHaveBeenCalledTimes(5);
  });
});

describe('cache rule 17: RedisStore', () => {
  it('lets Redis forget an entry when its life ends, and its tags not before', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const keys = new RedisKeys(namespace);
    const connection = await connect(clock);
    const store = await storeOn(clock, namespace);
    const lifeOf = async (key: string): Promise<number> =>
      (await connection.send(['PTTL', key])) as number;
    await store.set('long', entryOf(1, { expiresAt: 60_000, tags: ['tag'] }));
    await store.set('short', entryOf(1, { expiresAt: 10_000, tags: ['tag'] }));
    expect(await lifeOf(keys.entry('short'))).toBeGreaterThan(5_000);
    expect(await lifeOf(keys.entry('short'))).toBeLessThanOrEqual(10_000);
    expect(await lifeOf(keys.tag('tag'))).toBeGreaterThan(50_000);
    await store.set('for ever', entryOf(1, { tags: ['tag'] }));
    expect(await lifeOf(keys.entry('for ever'))).toBe(-1);
    expect(await lifeOf(keys.tag('tag'))).toBe(-1);
    await store.set('too long for Redis', entryOf(1, { expiresAt: 1e300 }));
    expect(await lifeOf(keys.entry('too long for Redis'))).toBe(-1);
  });

  it('gives an entry its remaining life on the clock of the process that reads it', async () => {
    const namespace = randomUUID();
    const writing = new FakeClock(1_000_000);
    await writing.advance(5_000);
    const writer = await storeOn(writing, namespace);
    await writer.set('key', entryOf(1, { createdAt: 4_000, expiresAt: 9_000 }));
    const reader = await storeOn(new FakeClock(1_007_000), namespace);
    expect(await reader.get('key')).toMatchObject({ createdAt: -3_000, expiresAt: 2_000 });
    const slow = await storeOn(new FakeClock(500_000), namespace);
    expect(await slow.get('key')).toMatchObject({ createdAt: 0, expiresAt: 5_000 });
  });
});

describe('RedisStore on a Redis that has forgotten the script', () => {
  async function forgetful(): Promise<RedisStore> {
    const clock = new FakeClock();
    const connection = await connect(clock);
    const store = await storeOn(clock);
    await connection.send(['SCRIPT', 'FLUSH']);
    return store;
  }

  it('says that it refused a write, and takes the next', async () => {
    const store = await forgetful();
    await expect(store.set('key', entryOf(1))).rejects.toThrow('NOSCRIPT');
    await store.set('key', entryOf(2));
    expect((await store.get('key'))?.data).toBe(2);
  });

  it.each<[string, (store: RedisStore) => Promise<void>]>([
    ['delete', (store) => store.delete('key')],
    ['clear', (store) => store.clear()],
  ])('cache rule 10: writes nothing after the %s that followed it', async (_name, invalidate) => {
    const store = await forgetful();
    await Promise.allSettled([store.set('key', entryOf('before')), invalidate(store)]);
    expect(await store.get('key')).toBeUndefined();
  });
});
