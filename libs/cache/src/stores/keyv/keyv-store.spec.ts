import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { KeyvFile } from 'keyv-file';
import { Logger } from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describeSharedStore } from 'nestjs-mainstay/testing/cache';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import { toCachedValue } from '../../values/cached-value.js';
import { taggedJson } from '../../values/tagged-json.js';
import type { CacheEntry } from '../cache-store.js';
import { RedisKeys } from '../redis/redis-keys.js';
import { HybridClock } from './hybrid-clock.js';
import { KeyvLink } from './keyv-link.js';
import type { KeyvStoreSource } from './keyv-store-source.js';
import { KeyvSharedStore } from './keyv-store.js';

let redis: RedisServer;
let folder: string;
const links: KeyvLink[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'keyv-'));
});
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
});
afterAll(async () => {
  await redis.dispose();
  await rm(folder, { recursive: true });
});

async function storeOn(
  source: KeyvStoreSource,
  clock: Clock,
  namespace: string = randomUUID(),
  codec = taggedJson,
) {
  const names = new RedisKeys(namespace);
  const link = new KeyvLink({ source, sentinel: names.sentinel(''), clock, cache: 'cache' });
  links.push(link);
  await link.connect(new AbortController().signal);
  await link.test();
  const time = new HybridClock(clock);
  const common = { link, names, time, clock, cache: 'cache', codec };
  return new KeyvSharedStore({ ...common, recordLifeMs: 70_000 });
}

async function two(source: KeyvStoreSource, clock: Clock) {
  const namespace = randomUUID();
  return [
    await storeOn(source, clock, namespace),
    await storeOn(source, clock, namespace),
  ] as const;
}

function entryOf(clock: Clock, value: unknown, options: Partial<CacheEntry> = {}): CacheEntry {
  const now = clock.now();
  const expiresAt = options.expiresAt ?? now + 60_000;
  const times = { createdAt: now, asOf: now, expiresAt, staleUntil: expiresAt };
  return { ...toCachedValue(value), ...times, order: 1, tags: undefined, ...options };
}

describe('cache rule 19: records in a store of Keyv', () => {
  const setUp = async () => {
    const clock = new FakeClock();
    const map = new Map<string, string>();
    const keyv = new Keyv({ store: map });
    const namespace = randomUUID();
    const names = new RedisKeys(namespace);
    return { clock, map, names, store: await storeOn(keyv, clock, namespace) };
  };

  it('outlive what depends on them', async () => {
    const { clock, map, names, store } = await setUp();
    await store.setMany([['brief', entryOf(clock, 1, { tags: ['a'] })]], 'call');
    const first = map.get(names.tag('a'));
    const expiresAt = clock.now() + 3_600_000;
    await store.setMany([['long', entryOf(clock, 2, { tags: ['a'], expiresAt })]], 'call');
    const second = map.get(names.tag('a'));
    expect(second?.slice(0, 16)).toBe(first?.slice(0, 16));
    expect(Number(second?.slice(16))).toBeGreaterThan(Number(first?.slice(16)) + 3_600_000_000);
    expect((await store.getMany(['brief', 'long'])).map((one) => one?.data)).toEqual([1, 2]);
    await store.invalidate({ tags: ['a'] });
    expect(map.get(names.tag('a'))?.slice(16)).toBe(second?.slice(16));
  });

  it('that the store has lost make too much invalid rather than too little', async () => {
    const { clock, map, names, store } = await setUp();
    await store.setMany([['tagged', entryOf(clock, 1, { tags: ['a'] })]], 'call');
    await store.setMany([['plain', entryOf(clock, 2)]], 'call');
    map.delete(names.tag('a'));
    expect(await store.getMany(['tagged'])).toEqual([undefined]);
    map.delete(names.clear);
    expect(await store.getMany(['plain'])).toEqual([undefined]);
    await clock.advance(5_000);
    await store.setMany([['new', entryOf(clock, 3, { tags: ['a'] })]], 'call');
    const found = await store.getMany(['tagged', 'plain', 'new']);
    expect(found.map((one) => one?.data)).toEqual([undefined, undefined, 3]);
  });

  it('cache rule 11: let nothing of before come back where a write that is made up for carries them', async () => {
    const { clock, store } = await setUp();
    await store.setMany([['key', entryOf(clock, 'old')]], 'call');
    await clock.advance(1_000);
    const queued = entryOf(clock, 'queued', { tags: ['tag'] });
    await clock.advance(1_000);
    await store.invalidate({ tags: ['tag'] });
    expect(await store.setMany([['key', queued]], 'replay')).toEqual(['key']);
    expect(await store.getMany(['key'])).toEqual([undefined]);
  });

  it('are made anew where the store has lost everything, and spare what is made up for', async () => {
    const { clock, map, store } = await setUp();
    await store.setMany([['key', entryOf(clock, 1)]], 'call');
    const missed = entryOf(clock, 2);
    await clock.advance(5_000);
    map.clear();
    await store.setMany([['other', entryOf(clock, 3)]], 'call');
    await store.setMany([['missed', missed]], 'replay');
    const found = await store.getMany(['key', 'missed', 'other']);
    expect(found.map((one) => one?.data)).toEqual([undefined, 2, 3]);
  });

  it('do not let entries that cross each other make each other invalid', async () => {
    const { clock, store } = await setUp();
    const keys = Array.from({ length: 20 }, (_, index) => `key:${index}`);
    const entry = (): CacheEntry => entryOf(clock, 1, { tags: ['new'] });
    await Promise.all(keys.map((key) => store.setMany([[key, entry()]], 'call')));
    expect((await store.getMany(keys)).every(Boolean)).toBe(true);
  });

  it('cache rule 18: counts what cannot be read as missing', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { clock, map, names, store } = await setUp();
    await store.setMany([['key', entryOf(clock, 1)]], 'call');
    map.set(names.entry('key'), 'garbage');
    map.set(names.entry('other'), { value: 1 } as unknown as string);
    expect(await store.getMany(['key', 'other'])).toEqual([undefined, undefined]);
    expect(store.undecodable).toBe(2);
    await store.setMany([['key', entryOf(clock, 2)]], 'call');
    expect((await store.getMany(['key']))[0]?.data).toBe(2);
  });

  it('cache rule 18: refuses what the codec refuses before anything is sent', async () => {
    const clock = new FakeClock();
    const encode = (): string => JSON.stringify(1n);
    const store = await storeOn(new Keyv(), clock, randomUUID(), { ...taggedJson, encode });
    expect(() => store.setMany([['key', entryOf(clock, 1)]], 'call')).toThrow(
      expect.objectContaining({ code: 'CACHE_ENCODE_FAILED' }) as Error,
    );
  });
});

const runner = { describe, it };
// What Keyv has no way to do.
const lacking = { compareAndSet: false, locks: false };

describeSharedStore(runner, {
  name: 'a Keyv in memory',
  create: (clock) => two(new Keyv(), clock),
  ...lacking,
});
describeSharedStore(runner, {
  name: 'KeyvFile',
  create: (clock) => {
    const filename = join(folder, randomUUID());
    return two(new KeyvFile({ filename, writeDelay: 1 }), clock);
  },
  ...lacking,
});
describeSharedStore(runner, {
  name: 'KeyvRedis',
  create: (clock) => two(() => new KeyvRedis(redis.url), clock),
  ...lacking,
});
