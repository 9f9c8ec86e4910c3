import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import { CacheUnavailableError } from '../cache.errors.js';
import { CacheService } from '../cache.service.js';
import type { CacheStore } from '../stores/cache-store.js';
import { MemoryStore } from '../stores/memory-store.js';
import type { Cache } from './cache-manager-token.js';
import { createCacheManager } from './create-cache-manager.js';

let clock: FakeClock;
let cache: CacheService;
let manager: Cache;
let isDown: boolean;

function build(ttl: number): void {
  const config = cacheConfigOf({ ttl });
  const store = new MemoryStore(clock, config.maxEntries);
  const backend = {
    name: 'cache',
    config,
    clock,
    get store(): CacheStore {
      if (isDown) throw new CacheUnavailableError('cache');
      return store;
    },
  };
  cache = new CacheService(backend, new Operations(clock));
  manager = createCacheManager(cache, config, clock);
}

beforeEach(() => {
  clock = new FakeClock();
  isDown = false;
  build(300_000);
});

describe('cache rule 22: CACHE_MANAGER', () => {
  it('gets, sets and deletes, with undefined for a miss', async () => {
    expect(await manager.get('key')).toBeUndefined();
    expect(await manager.set('key', { a: 1 })).toEqual({ a: 1 });
    expect(await manager.get('key')).toEqual({ a: 1 });
    expect(await manager.del('key')).toBe(true);
    expect(await manager.get('key')).toBeUndefined();
  });

  it('shares its entries with CacheService', async () => {
    await manager.set('a', 1);
    await cache.set('b', 2);
    expect([await cache.get('a'), await manager.get('b')]).toEqual([1, 2]);
    await manager.clear();
    expect(await cache.get('b')).toBeNull();
  });

  it('works in batches', async () => {
    await manager.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 1_000 },
    ]);
    expect(await manager.mget(['a', 'missing', 'b'])).toEqual([1, undefined, 2]);
    await clock.advance(1_000);
    expect(await manager.mget(['a', 'b'])).toEqual([1, undefined]);
    expect(await manager.mdel(['a', 'b'])).toBe(true);
    expect(await manager.get('a')).toBeUndefined();
  });

  it('keeps what JSON would lose', async () => {
    const value = { at: new Date(5), big: 5n, seen: new Map([['a', new Set([1])]]) };
    await manager.set('key', value);
    expect(await manager.get('key')).toStrictEqual(value);
    expect(await manager.get('key')).not.toBe(value);
  });

  it('gives null for a stored null', async () => {
    await manager.set('key', null, 1_000);
    expect(await manager.get('key')).toBeNull();
  });

  it('keeps an entry for its TTL, else for the configured one', async () => {
    await manager.set('own', 1, 1_000);
    await manager.set('default', 2);
    await clock.advance(1_000);
    expect(await manager.get('own')).toBeUndefined();
    await clock.advance(298_999);
    expect(await manager.get('default')).toBe(2);
    await clock.advance(1);
    expect(await manager.get('default')).toBeUndefined();
  });

  it('keeps an entry for ever for a TTL of 0, as cache-manager does', async () => {
    await manager.set('key', 1, 0);
    await clock.advance(1e12);
    expect(await manager.get('key')).toBe(1);
  });

  it('stores nothing where the configured TTL is 0', async () => {
    build(0);
    await manager.set('key', 1);
    expect(await manager.get('key')).toBeUndefined();
  });

  it('says when an entry expires, in wall time', async () => {
    await manager.set('key', 1, 1_000);
    await manager.set('ever', 1, 0);
    await clock.advance(400);
    expect(await manager.ttl('key')).toBe(clock.wallTime() + 600);
    expect(await manager.ttl('ever')).toBeUndefined();
    expect(await manager.ttl('missing')).toBeUndefined();
  });

  it('refuses an invalid key where it would be written', async () => {
    await expect(manager.set('', 1)).rejects.toMatchObject({ code: 'CACHE_KEY_INVALID' });
  });

  it('has one store, made by createCache', () => {
    expect(manager.stores).toHaveLength(1);
    expect(manager.cacheId()).toEqual(expect.any(String));
  });

  it('emits the events of cache-manager', async () => {
    const onSet = vi.fn();
    manager.on('set', onSet);
    await manager.set('key', 1);
    expect(onSet).toHaveBeenCalledWith(expect.objectContaining({ key: 'key', value: 1 }));
  });
});

describe('cache rule 22: wrap is led to getOrSet', () => {
  it('calls the function once for concurrent calls', async () => {
    const factory = vi.fn(async () => 'value');
    const results = await Promise.all([manager.wrap('key', factory), manager.wrap('key', factory)]);
    expect(results).toEqual(['value', 'value']);
    expect(factory).toHaveBeenCalledTimes(1);
    expect(await cache.get('key')).toBe('value');
  });

  it('is fenced by a delete, as every load', async () => {
    let open: (value: string) => void = () => undefined;
    const wrapped = manager.wrap('key', () => new Promise<string>((resolve) => (open = resolve)));
    await clock.settle();
    await manager.del('key');
    open('old');
    expect(await wrapped).toBe('old');
    expect(await manager.get('key')).toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['as a number', () => manager.wrap('key', () => 5, 1_000)],
    [
      'made from the value',
      () =>
        manager.wrap(
          'key',
          () => 5,
          (value) => value * 200,
        ),
    ],
    ['as an option', () => manager.wrap('key', () => 5, { ttl: 1_000 })],
    ['made by an option', () => manager.wrap('key', () => 5, { ttl: (value) => value * 200 })],
  ])('takes a TTL %s', async (_name, wrap) => {
    expect(await wrap()).toBe(5);
    await clock.advance(999);
    expect(await manager.get('key')).toBe(5);
    await clock.advance(1);
    expect(await manager.get('key')).toBeUndefined();
  });

  it('keeps for ever for a TTL of 0', async () => {
    await manager.wrap('key', () => 5, 0);
    expect(await manager.ttl('key')).toBeUndefined();
    expect(await manager.get('key')).toBe(5);
  });

  it.each<[string, (load: () => number) => Promise<unknown>]>([
    ['as an argument', (load) => manager.wrap('key', load, 1_000, 400)],
    ['as an option', (load) => manager.wrap('key', load, { ttl: 1_000, refreshThreshold: 400 })],
    [
      'of the manager',
      (load) => {
        const settings = { ttl: 1_000, refreshThreshold: 400 };
        return createCacheManager(cache, { ttl: 0 }, clock, settings).wrap('key', load);
      },
    ],
  ])('loads anew in the background within a threshold %s', async (_name, wrap) => {
    let loads = 0;
    const load = (): number => ++loads;
    expect(await wrap(load)).toBe(1);
    await clock.advance(500);
    expect(await wrap(load)).toBe(1);
    expect(loads).toBe(1);
    await clock.advance(250);
    expect(await wrap(load)).toBe(1);
    await clock.settle();
    expect(await wrap(load)).toBe(2);
    expect(loads).toBe(2);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['none', () => manager.wrap('key', () => 1, 1_000, 0)],
    ['one for an entry that lives for ever', () => manager.wrap('key', () => 1, 0, 400)],
    [
      'one that is made from the value',
      () =>
        manager.wrap(
          'key',
          () => 1,
          1_000,
          () => 400,
        ),
    ],
  ])('loads nothing anew by a threshold that is %s', async (_name, wrap) => {
    await wrap();
    await clock.advance(750);
    const getOrSet = vi.spyOn(cache, 'getOrSet');
    await wrap();
    expect(getOrSet.mock.calls[0]?.[2]).toEqual({ grace: false });
  });

  it('gives the raw form', async () => {
    const raw = await manager.wrap('key', () => 5, { ttl: 1_000, raw: true });
    expect(raw).toEqual({ value: 5, expires: clock.wallTime() + 1_000 });
  });

  it('rethrows the error of the function unchanged', async () => {
    const error = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    await expect(manager.wrap('key', () => Promise.reject(error))).rejects.toBe(error);
    await manager.wrap('key', () => 'old', 1_000);
    await clock.advance(2_000);
    await expect(manager.wrap('key', () => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('cache rule 3: CACHE_MANAGER while the cache is down', () => {
  beforeEach(() => {
    isDown = true;
  });

  it('reads misses', async () => {
    expect(await manager.get('key')).toBeUndefined();
    expect(await manager.mget(['a', 'b'])).toEqual([undefined, undefined]);
    expect(await manager.ttl('key')).toBeUndefined();
  });

  it('gives what was to be set, and false for what was not acknowledged', async () => {
    expect(await manager.set('key', 1)).toBe(1);
    expect(await manager.del('key')).toBe(false);
    expect(await manager.mdel(['a', 'b'])).toBe(false);
    expect(await manager.clear()).toBe(false);
  });

  it('wraps without it', async () => {
    expect(await manager.wrap('key', () => 5)).toBe(5);
    expect(await manager.wrap('key', () => 5, { raw: true })).toEqual({ value: 5 });
  });
});

describe('the interceptor of @nestjs/cache-manager', () => {
  /** Calls the cache as that interceptor does: get(key), then set(key, value[, ttl]) with whatever the handler gave. */
  async function intercept(key: string, handler: () => unknown, ttl?: number): Promise<unknown> {
    const found: unknown = await manager.get(key);
    if (found !== undefined && found !== null) return found;
    const response = handler();
    const args: [string, unknown, number?] = [key, response];
    if (ttl !== undefined) args.push(ttl);
    await manager.set(...args);
    return response;
  }

  it('finds on the second request what it stored on the first', async () => {
    const handler = vi.fn(() => [{ id: 1 }]);
    expect(await intercept('/users', handler)).toEqual([{ id: 1 }]);
    expect(await intercept('/users', handler)).toEqual([{ id: 1 }]);
    expect(handler).toHaveBeenCalledTimes(1);
    await clock.advance(300_000);
    await intercept('/users', handler, 1_000);
    await clock.advance(1_000);
    await intercept('/users', handler, 1_000);
    expect(handler).toHaveBeenCalledTimes(3);
  });

  it('goes on without the cache while it is down', async () => {
    isDown = true;
    expect(await intercept('/users', () => 'fresh')).toBe('fresh');
  });

  it('stores nothing of a handler that gives undefined', async () => {
    const handler = vi.fn(() => undefined);
    await intercept('/users', handler);
    await intercept('/users', handler);
    expect(handler).toHaveBeenCalledTimes(2);
  });
});
