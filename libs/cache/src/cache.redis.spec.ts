import { SystemClock } from 'nestjs-mainstay/common';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CachesOnRedis } from '../test/caches-on-redis.js';
import type { CacheConfig } from './cache.config.js';
import { CacheService } from './cache.service.js';

const caches = CachesOnRedis.forThisFile();
let recorded: RecordedCalls;

beforeEach(() => {
  recorded = new RecordedCalls();
});

function instance(config: Partial<CacheConfig> = {}): Promise<CacheService> {
  return caches.start(config, recorded);
}

/** How often each command was called, as Redis counts it. */
async function callsAtRedis(): Promise<(command: string) => number> {
  const stats = String(await caches.command('INFO', 'commandstats'));
  return (command) =>
    Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
}

describe('CacheService on Redis, chosen by its URL alone', () => {
  it('is initialised by the steps of the data flow', async () => {
    await instance();
    expect(recorded.of('cache step')).toEqual([
      'cache step: validate config passed',
      'cache step: test connection passed',
      'cache step: create connection passed',
      'cache step: set options passed',
      'cache step: test operations passed',
    ]);
    expect(caches.apps[0]?.get(ResourceRegistry).get('cache')).toMatchObject({ phase: 'ready' });
  });

  it('cache rule 18: gives back what was written, as plain data, frozen', async () => {
    const cache = await instance();
    const value = {
      date: new Date(0),
      list: [undefined, null, NaN, -0, 1n],
      blob: Buffer.from('a'),
    };
    expect(await cache.set('value', value)).toBe(true);
    const read = await cache.get('value');
    expect(read).toEqual(value);
    expect(Object.isFrozen(await cache.getOrSet('plain', () => ({ a: { b: 1 } })))).toBe(true);
    expect(Object.isFrozen((await cache.get<{ a: object }>('plain'))?.a)).toBe(true);
  });

  it('cache rule 3: acknowledges what Redis has, and says where reads come from', async () => {
    const [cache, other] = [await instance(), await instance()];
    expect(await cache.put('key', 1, { ttl: '1m' })).toBe('applied');
    expect(await cache.lookup('key')).toMatchObject({ hit: true, source: 'l1', stale: false });
    const fromRedis = { value: 1, source: 'l2', stale: false };
    expect(await other.lookupOrSet('key', () => 2)).toEqual(fromRedis);
    expect(await other.lookupOrSet('key', () => 2)).toEqual({ ...fromRedis, source: 'l1' });
    expect(await cache.delete('key')).toBe(true);
    expect(await cache.lookup('key')).toMatchObject({ hit: false });
    expect(await cache.lookupOrSet('key', () => 2)).toMatchObject({ value: 2, source: 'factory' });
  });

  it('cache rule 19: instances see the writes, deletions, tags and clears of each other', async () => {
    const [one, other] = [await instance(), await instance()];
    await one.set('a', 1);
    expect(await other.get('a')).toBe(1);
    await other.set('a', 2);
    await expect.poll(() => one.get('a')).toBe(2);
    await one.delete('a');
    await expect.poll(() => other.get('a')).toBeNull();
    await one.getOrSet('tagged', () => 'old', { tags: ['t'] });
    expect(await other.get('tagged')).toBe('old');
    await other.invalidateTags('t');
    await expect.poll(() => one.get('tagged')).toBeNull();
    await one.setMany([
      { key: 'b', value: 1 },
      { key: 'c', value: 2 },
    ]);
    expect(await other.getMany(['b', 'c', 'd'])).toEqual([1, 2, null]);
    await other.clear();
    await expect.poll(() => one.getMany(['b', 'c'])).toEqual([null, null]);
  });

  it.each<[string, (cache: CacheService) => Promise<boolean>]>([
    ['a delete', (cache) => cache.delete('key')],
    ['a clear', (cache) => cache.clear()],
    ['an invalidation', (cache) => cache.invalidateTags('tag')],
    ['an expiry', (cache) => cache.expire('key')],
  ])(
    'cache rule 13: what Redis refuses (%s) is not undone by a read beside it',
    async (name, invalidate) => {
      const [cache, other] = [await instance(), await instance()];
      await cache.delete('key');
      await other.clear();
      await other.set('key', 'old', name === 'an invalidation' ? { tags: ['tag'] } : {});
      await caches.command('SCRIPT', 'FLUSH');
      const [isDone] = await Promise.all([invalidate(cache), cache.get('key')]);
      expect(isDone).toBe(false);
      expect(await cache.get('key')).toBeNull();
      await expect.poll(() => other.get('key'), { timeout: 3_000 }).toBeNull();
      await new SystemClock().sleep(300);
      expect(await cache.get('key')).toBeNull();
    },
  );

  it('cache rule 15: 10,000 concurrent misses of a key are one read, one load and one write', async () => {
    const cache = await instance();
    await cache.getOrSet('to teach the script', () => 1);
    const factory = vi.fn(async () => 'value');
    const before = await callsAtRedis();
    const calls: Promise<string>[] = [];
    for (let turn = 0; turn < 100; turn++) {
      for (let call = 0; call < 100; call++) calls.push(cache.getOrSet('wanted', factory));
      await new SystemClock().yield();
    }
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['value']));
    expect(factory).toHaveBeenCalledTimes(1);
    const after = await callsAtRedis();
    expect(after('mget') - before('mget')).toBe(1);
    expect(after('evalsha') - before('evalsha')).toBe(1);
  });

  it('cache rule 16: what has expired stands in at every instance, and nowhere after a deletion', async () => {
    const [one, other] = [await instance(), await instance()];
    const fails = (): string => {
      throw new Error('the source is down');
    };
    await one.getOrSet('key', () => 'old');
    expect(await other.get('key')).toBe('old');
    expect(await one.expire('key')).toBe(true);
    await expect.poll(() => other.get('key')).toBeNull();
    expect(await one.get('key')).toBeNull();
    expect(await other.getOrSet('key', fails)).toBe('old');
    // A third one has no copy: what stands in comes from Redis.
    expect(await (await instance()).getOrSet('key', fails)).toBe('old');
    await one.delete('key');
    const empty = await instance();
    await expect(empty.getOrSet('key', fails)).rejects.toThrow('the source is down');
  });

  it('cache rule 19: keeps applications apart by their namespace, and caches by their name', async () => {
    const [one, other] = [await instance(), await instance({ namespace: 'other' })];
    await one.set('key', 1);
    expect(await other.get('key')).toBeNull();
    await other.clear();
    expect(await one.get('key')).toBe(1);
  });

  it('cache rule 7: what is on its way when the cache is closed is done first', async () => {
    const [cache, other] = [await instance(), await instance()];
    await cache.setMany(['deleted', 'tagged'].map((key) => ({ key, value: 'old', tags: [key] })));
    const writes = [
      cache.set('written', 'new'),
      cache.delete('deleted'),
      cache.invalidateTags('tagged'),
    ];
    await caches.apps[0]?.close();
    expect(await Promise.all(writes)).toEqual([true, true, true]);
    expect(await other.getMany(['written', 'deleted', 'tagged'])).toEqual(['new', null, null]);
  });

  it('cache rule 20: records an attempt and one outcome for every call', async () => {
    const cache = await instance();
    recorded.clear();
    await cache.set('key', 1);
    await cache.get('key');
    await cache.get('missing');
    expect(recorded.calls.filter((call) => !call.includes(' try '))).toEqual([
      'cache.set attempt',
      'cache.set success',
      'cache.get attempt',
      'cache.get hit',
      'cache.get attempt',
      'cache.get miss',
    ]);
  });
});
