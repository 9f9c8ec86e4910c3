import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { CacheService } from './cache.service.js';
import { cacheConfigOf } from '../test/cache-config.js';
import { defineKey } from './keys/define-key.js';
import { MemoryStore } from './stores/memory-store.js';

const config = cacheConfigOf({ maxEntries: 100 });

let clock: FakeClock;
let recorded: RecordedCalls;
let cache: CacheService;

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordedCalls();
  const store = new MemoryStore(clock, config.maxEntries);
  cache = new CacheService(
    { name: 'cache', config, clock, store },
    new Operations(clock, recorded),
  );
});

/** What was recorded of public calls; tries are of no interest here. */
function calls(): readonly string[] {
  return recorded.calls.filter((call) => !call.includes(' try '));
}

describe('CacheService.get', () => {
  it('gives the value and records a hit in place of success', async () => {
    await cache.set('key', { a: 1 });
    recorded.clear();
    expect(await cache.get('key')).toEqual({ a: 1 });
    expect(calls()).toEqual(['cache.get attempt', 'cache.get hit']);
  });

  it('gives null and records a miss', async () => {
    expect(await cache.get('key')).toBeNull();
    expect(calls()).toEqual(['cache.get attempt', 'cache.get miss']);
  });

  it('cache rule 18: gives null for a negative entry, which is a hit', async () => {
    await cache.set('key', null);
    recorded.clear();
    expect(await cache.get('key')).toBeNull();
    expect(calls()).toEqual(['cache.get attempt', 'cache.get hit']);
  });

  it.each([0, '', false])('cache rule 18: gives %j back, which is a hit', async (value) => {
    await cache.set<unknown>('key', value);
    recorded.clear();
    expect(await cache.get('key')).toBe(value);
    expect(calls()).toEqual(['cache.get attempt', 'cache.get hit']);
  });

  it('cache rule 18: gives the frozen copy by reference', async () => {
    const original = { list: [1] };
    await cache.set('key', original);
    const value = await cache.get<typeof original>('key');
    expect(value).not.toBe(original);
    expect(value).toBe(await cache.get('key'));
    expect(() => value?.list.push(2)).toThrow(TypeError);
  });

  it('refuses an invalid key, and records it as a failure', async () => {
    await expect(cache.get('')).rejects.toMatchObject({ code: 'CACHE_KEY_INVALID' });
    expect(calls()[0]).toBe('cache.get attempt');
    expect(calls()).toContain('cache.get failure CACHE_KEY_INVALID');
  });
});

describe('CacheService.set', () => {
  it('gives true and records the success', async () => {
    expect(await cache.set('key', 1)).toBe(true);
    expect(calls()).toEqual(['cache.set attempt', 'cache.set success']);
  });

  it('cache rule 17: keeps an entry for its TTL, else for the configured one', async () => {
    await cache.set('own', 1, { ttl: '1s' });
    await cache.set('default', 1);
    await clock.advance(1_000);
    expect(await cache.getMany(['own', 'default'])).toEqual([null, 1]);
    await clock.advance(299_000);
    expect(await cache.get('default')).toBeNull();
  });

  it('cache rule 17: stores nothing for a TTL of 0, and the former value goes', async () => {
    await cache.set('key', 'old');
    expect(await cache.set('key', 'new', { ttl: 0 })).toBe(true);
    expect(await cache.get('key')).toBeNull();
  });

  it('cache rule 17: keeps an entry for ever for a TTL of Infinity', async () => {
    await cache.set('key', 1, { ttl: Infinity });
    await clock.advance(1e12);
    expect(await cache.get('key')).toBe(1);
  });

  it('cache rule 17: refuses any other TTL at once', async () => {
    await cache.set('key', 'old');
    await expect(cache.set('key', 'new', { ttl: -1 })).rejects.toMatchObject({
      code: 'CACHE_TTL_INVALID',
    });
    expect(await cache.get('key')).toBe('old');
  });

  it('cache rule 18: does not store undefined, and the former value goes', async () => {
    await cache.set<unknown>('key', 'old');
    expect(await cache.set<unknown>('key', undefined)).toBe(true);
    expect(await cache.lookup('key')).toMatchObject({ hit: false });
  });

  it('cache rule 18: remembers null for its own TTL', async () => {
    await cache.set('key', null);
    await clock.advance(29_999);
    expect(await cache.lookup('key')).toMatchObject({ hit: true, value: null });
    await clock.advance(1);
    expect(await cache.lookup('key')).toMatchObject({ hit: false });
  });

  it('refuses what cannot be cached, with a typed error', async () => {
    await expect(cache.set('key', Promise.resolve(1))).rejects.toMatchObject({
      code: 'CACHE_VALUE_INVALID',
    });
  });

  it('refuses an invalid tag', async () => {
    await expect(cache.set('key', 1, { tags: [''] })).rejects.toMatchObject({
      code: 'CACHE_TAG_INVALID',
    });
  });
});

describe('cache rule 5: a value that is larger than CACHE_MAX_BYTES', () => {
  const large = 'x'.repeat(20_000);

  beforeEach(() => {
    const store = new MemoryStore(clock, config.maxEntries, 10_000);
    const operations = new Operations(clock, recorded);
    cache = new CacheService({ name: 'cache', config, clock, store }, operations);
  });

  it('is refused where it is set, and recorded as that', async () => {
    await cache.set('key', 'old');
    recorded.clear();
    await expect(cache.set('key', large)).rejects.toMatchObject({
      code: 'CACHE_VALUE_TOO_LARGE',
      context: { maxBytes: 10_000 },
    });
    expect(calls().at(-1)).toBe('cache.set failure CACHE_VALUE_TOO_LARGE');
    expect(await cache.get('key')).toBeNull();
  });

  it('is given to who loads it, and recorded as not stored', async () => {
    expect(await cache.getOrSet('key', () => large)).toBe(large);
    expect(calls()).toContain('cache.store failure CACHE_VALUE_TOO_LARGE');
    expect(await cache.get('key')).toBeNull();
  });
});

describe('CacheService.put', () => {
  it('says that every configured tier has it', async () => {
    expect(await cache.put('key', 1, { ttl: '5m' })).toBe('applied');
    expect(await cache.get('key')).toBe(1);
    expect(calls().slice(0, 2)).toEqual(['cache.put attempt', 'cache.put success']);
  });
});

describe('CacheService.lookup', () => {
  it('cache rule 18: tells a miss, a negative entry and a value apart', async () => {
    await cache.set('nothing', null);
    await cache.set('value', 'v');
    expect(await cache.lookup('missing')).toEqual({ hit: false, value: undefined, stale: false });
    expect(await cache.lookup('nothing')).toMatchObject({ hit: true, value: null });
    expect(await cache.lookup('value')).toMatchObject({ hit: true, value: 'v' });
    expect(recorded.of('cache.lookup').filter((call) => / (hit|miss)$/.test(call))).toEqual([
      'cache.lookup miss',
      'cache.lookup hit',
      'cache.lookup hit',
    ]);
  });

  it('says where the value came from, how old it is and how long it lives', async () => {
    await cache.set('key', 1, { ttl: 1_000 });
    await clock.advance(400);
    expect(await cache.lookup('key')).toEqual({
      hit: true,
      value: 1,
      source: 'l1',
      stale: false,
      age: 400,
      ttl: 600,
    });
  });
});

describe('CacheService.lookupOrSet', () => {
  it('says whether the value was cached or loaded', async () => {
    const load = () => cache.lookupOrSet('key', () => ({ a: 1 }));
    expect(await load()).toEqual({ value: { a: 1 }, source: 'factory', stale: false });
    expect(await load()).toEqual({ value: { a: 1 }, source: 'l1', stale: false });
    expect(calls().filter((call) => call.includes('lookupOrSet'))).toEqual([
      'cache.lookupOrSet attempt',
      'cache.lookupOrSet miss',
      'cache.lookupOrSet attempt',
      'cache.lookupOrSet hit',
    ]);
  });

  it('cache rule 18: takes a negative entry for cached', async () => {
    await cache.set('key', null);
    expect(await cache.lookupOrSet('key', () => 1)).toMatchObject({ value: null, source: 'l1' });
  });

  it('cache rule 15: shares the load of a key with getOrSet', async () => {
    let loads = 0;
    const factory = async () => ++loads;
    const both = [cache.getOrSet('key', factory), cache.lookupOrSet('key', factory)];
    expect(await Promise.all(both)).toEqual([1, { value: 1, source: 'factory', stale: false }]);
  });
});

describe('CacheService.delete', () => {
  it('gives true whether the key existed or not: it is acknowledged', async () => {
    await cache.set('key', 1);
    expect(await cache.delete('key')).toBe(true);
    expect(await cache.delete('key')).toBe(true);
    expect(await cache.get('key')).toBeNull();
  });
});

describe('CacheService batches', () => {
  it('read in the order of the keys, as a hit when all were found', async () => {
    expect(
      await cache.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: null },
      ]),
    ).toBe(true);
    recorded.clear();
    expect(await cache.getMany(['b', 'a'])).toEqual([null, 1]);
    expect(await cache.getMany(['a', 'c'])).toEqual([1, null]);
    expect(calls().filter((call) => !call.endsWith('attempt'))).toEqual([
      'cache.getMany hit',
      'cache.getMany miss',
    ]);
  });

  it('write each entry with its own options', async () => {
    await cache.setMany([
      { key: 'a', value: 1, ttl: '1s' },
      { key: 'b', value: 2, tags: ['t'] },
    ]);
    await clock.advance(1_000);
    expect(await cache.getMany(['a', 'b'])).toEqual([null, 2]);
    await cache.invalidateTags('t');
    expect(await cache.get('b')).toBeNull();
  });

  it('write nothing when one entry is invalid', async () => {
    const entries = [
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 'soon' },
    ];
    await expect(cache.setMany(entries)).rejects.toMatchObject({ code: 'CACHE_TTL_INVALID' });
    expect(await cache.get('a')).toBeNull();
  });

  it('delete all keys, or none when one is invalid', async () => {
    await cache.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    await expect(cache.deleteMany(['a', ''])).rejects.toMatchObject({ code: 'CACHE_KEY_INVALID' });
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 2]);
    expect(await cache.deleteMany(['a', 'b', 'c'])).toBe(true);
    expect(await cache.getMany(['a', 'b'])).toEqual([null, null]);
  });

  it('may be empty', async () => {
    expect(await cache.getMany([])).toEqual([]);
    expect(await cache.setMany([])).toBe(true);
    expect(await cache.deleteMany([])).toBe(true);
    expect(await cache.getOrSetMany([], () => Promise.reject(new Error('not called')))).toEqual([]);
  });
});

describe('cache rule 19: invalidation', () => {
  it('by tags hits the entries that carry one, and no others', async () => {
    await cache.set('a', 1, { tags: ['users', 'admins'] });
    await cache.set('b', 2, { tags: ['orders'] });
    await cache.set('c', 3);
    expect(await cache.invalidateTags('users', 'unknown')).toBe(true);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([null, 2, 3]);
  });

  it('by tags spares what is written afterwards', async () => {
    await cache.invalidateTags('users');
    await cache.set('a', 1, { tags: ['users'] });
    expect(await cache.get('a')).toBe(1);
  });

  it('by tags refuses an invalid tag', async () => {
    await expect(cache.invalidateTags('a', '')).rejects.toMatchObject({
      code: 'CACHE_TAG_INVALID',
    });
  });

  it('by clear hits everything', async () => {
    await cache.set('a', 1);
    await cache.set('b', 2, { tags: ['t'] });
    expect(await cache.clear()).toBe(true);
    expect(await cache.getMany(['a', 'b'])).toEqual([null, null]);
    await cache.set('a', 3);
    expect(await cache.get('a')).toBe(3);
  });

  it('is not undone by a change of the list of tags that was given', async () => {
    const tags = ['users'];
    await cache.set('a', 1, { tags });
    tags[0] = 'orders';
    await cache.invalidateTags('users');
    expect(await cache.get('a')).toBeNull();
  });
});

describe('cache rule 20: every operation', () => {
  it('records an attempt and exactly one outcome, without keys', async () => {
    await cache.set('secret-key', 1);
    await cache.put('secret-key', 1);
    await cache.get('secret-key');
    await cache.lookup('secret-key');
    await cache.getOrSet('secret-key', () => 1);
    await cache.getMany(['secret-key']);
    await cache.setMany([{ key: 'secret-key', value: 1 }]);
    await cache.getOrSetMany(['secret-key'], () => []);
    await cache.deleteMany(['secret-key']);
    await cache.delete('secret-key');
    await cache.invalidateTags('secret-key');
    await cache.clear();
    expect(calls()).toEqual(
      [
        ['set', 'success'],
        ['put', 'success'],
        ['get', 'hit'],
        ['lookup', 'hit'],
        ['getOrSet', 'hit'],
        ['getMany', 'hit'],
        ['setMany', 'success'],
        ['getOrSetMany', 'hit'],
        ['deleteMany', 'success'],
        ['delete', 'success'],
        ['invalidateTags', 'success'],
        ['clear', 'success'],
      ].flatMap(([name, outcome]) => [`cache.${name} attempt`, `cache.${name} ${outcome}`]),
    );
    expect(recorded.calls.join()).not.toContain('secret-key');
  });
});

describe('cache rule 19: a typed key', () => {
  it('types what it reads and takes', async () => {
    const userKey = defineKey<[id: string], { name: string }>('user');
    await cache.set(userKey('1'), { name: 'Ada' });
    // @ts-expect-error a number is no user
    await cache.set(userKey('2'), 42);
    const user = await cache.get(userKey('1'));
    expect(user?.name).toBe('Ada');
  });
});
