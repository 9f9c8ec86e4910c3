import { Logger } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import { CacheService } from '../cache.service.js';
import { MemoryStore } from '../stores/memory-store.js';

const config = cacheConfigOf({ maxEntries: 100 });

let clock: FakeClock;
let recorded: RecordedCalls;
let store: MemoryStore;
let cache: CacheService;

// Failing factories are logged as the unknown errors that they are.
beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordedCalls();
  store = new MemoryStore(clock, config.maxEntries);
  cache = new CacheService(
    { name: 'cache', config, clock, store },
    new Operations(clock, recorded),
  );
});

/** A factory that ends when the test says so. */
function gate<T>(): { factory: () => Promise<T>; open: (value: T) => void; calls: () => number } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  const factory = vi.fn(() => opened);
  return { factory, open: (value) => open(value), calls: () => factory.mock.calls.length };
}

describe('cache rule 15: single flight', () => {
  it.each([100, 10_000])('calls the factory once for %i concurrent misses', async (count) => {
    const { factory, open, calls } = gate<number>();
    const results = Array.from({ length: count }, () => cache.getOrSet('key', factory));
    await clock.settle();
    open(7);
    expect(new Set(await Promise.all(results))).toEqual(new Set([7]));
    expect(calls()).toBe(1);
  });

  it('calls a failing factory once for all its waiters, and again for the next caller', async () => {
    const error = new Error('no such user');
    const factory = vi.fn().mockRejectedValueOnce(error).mockResolvedValueOnce('user');
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => cache.getOrSet('key', factory)),
    );
    expect(factory).toHaveBeenCalledTimes(1);
    expect(results.every((result) => result.status === 'rejected' && result.reason === error)).toBe(
      true,
    );
    expect(await cache.getOrSet('key', factory)).toBe('user');
  });

  it('also holds for calls that begin while the flight lands', async () => {
    const factory = vi.fn(() => 1);
    for (let round = 0; round < 20; round++) {
      const results: Promise<number>[] = [];
      for (let call = 0; call < 20; call++) {
        results.push(cache.getOrSet(`key:${round}`, factory));
        await Promise.resolve();
      }
      await Promise.all(results);
    }
    expect(factory).toHaveBeenCalledTimes(20);
  });

  it('keeps flights of different keys apart', async () => {
    const results = ['a', 'b'].map((key) => cache.getOrSet(key, () => key.toUpperCase()));
    expect(await Promise.all(results)).toEqual(['A', 'B']);
  });

  it('gives every waiter a copy of its own of what cannot be frozen', async () => {
    const [first, second] = await Promise.all([
      cache.getOrSet('key', () => ({ at: new Date(0) })),
      cache.getOrSet('key', () => ({ at: new Date(0) })),
    ]);
    first.at.setTime(99);
    expect(second.at.getTime()).toBe(0);
    expect((await cache.get<{ at: Date }>('key'))?.at.getTime()).toBe(0);
  });

  it('leaves nothing unhandled when nobody waits for a failing load any more', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const first = cache.getOrSet('a', async () => {
      await clock.sleep(100);
      throw new Error('first');
    });
    const firstFails = expect(first).rejects.toThrow('first');
    await clock.settle();
    // Joins the load of a, whose failure ends the call while its own load of b goes on.
    const batch = cache.getOrSetMany(['a', 'b'], async () => {
      await clock.sleep(200);
      throw new Error('second');
    });
    const batchFails = expect(batch).rejects.toThrow('first');
    await clock.advance(300);
    await Promise.all([firstFails, batchFails]);
    await clock.settle();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(recorded.of('cache.factory.load failure')).toHaveLength(2);
  });
});

describe('cache rule 10: a load that began before', () => {
  it.each([
    ['a delete', () => cache.delete('key')],
    ['a deleteMany', () => cache.deleteMany(['other', 'key'])],
    ['a clear', () => cache.clear()],
    ['an invalidation of its tag', () => cache.invalidateTags('users')],
  ])('%s gives its callers the value, which is not cached', async (_name, invalidate) => {
    const { factory, open } = gate<string>();
    const loading = cache.getOrSet('key', factory, { tags: ['users'] });
    await clock.settle();
    expect(await invalidate()).toBe(true);
    open('old');
    expect(await loading).toBe('old');
    expect(store.size).toBe(0);
    expect(await cache.get('key')).toBeNull();
  });

  it.each([
    ['a delete', () => cache.delete('key')],
    ['a clear', () => cache.clear()],
    ['an invalidation of its tag', () => cache.invalidateTags('users')],
  ])('%s is not joined by who comes after it', async (_name, invalidate) => {
    const old = gate<string>();
    const loading = cache.getOrSet('key', old.factory, { tags: ['users'] });
    await clock.settle();
    await invalidate();
    const fresh = await cache.getOrSet('key', () => 'new', { tags: ['users'] });
    old.open('old');
    expect([await loading, fresh]).toEqual(['old', 'new']);
    expect(await cache.get('key')).toBe('new');
  });

  it('an invalidation of a tag that its factory sets is not cached either', async () => {
    const { factory, open } = gate<string>();
    const loading = cache.getOrSet('key', async (context) => {
      context.setTags('users');
      return factory();
    });
    await clock.settle();
    await cache.invalidateTags('users');
    open('old');
    await loading;
    expect(await cache.get('key')).toBeNull();
  });

  it('an invalidation of another tag is cached', async () => {
    const { factory, open } = gate<string>();
    const loading = cache.getOrSet('key', factory, { tags: ['users'] });
    await clock.settle();
    await cache.invalidateTags('orders');
    open('value');
    await loading;
    expect(await cache.get('key')).toBe('value');
  });

  it('a set does not overwrite the newer value', async () => {
    const { factory, open } = gate<string>();
    const loading = cache.getOrSet('key', factory);
    await clock.settle();
    await cache.set('key', 'new');
    open('old');
    expect(await loading).toBe('old');
    expect(await cache.get('key')).toBe('new');
  });
});

describe('cache rule 2: getOrSet', () => {
  it('rethrows the error of the factory unchanged', async () => {
    const error = Object.assign(new Error('database is down'), { code: 'ECONNREFUSED' });
    await expect(cache.getOrSet('key', () => Promise.reject(error))).rejects.toBe(error);
    expect(error.cause).toBeUndefined();
  });

  it('calls a failing factory once: it is not the cache that could retry it', async () => {
    const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const factory = vi.fn(() => Promise.reject(error));
    await expect(cache.getOrSet('key', factory)).rejects.toBe(error);
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('is not a failure of the cache when factories fail', async () => {
    const error = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    for (let call = 0; call < 50; call++) {
      await clock.advance(100);
      await expect(cache.getOrSet(`key:${call}`, () => Promise.reject(error))).rejects.toBe(error);
    }
    expect(await cache.set('key', 1)).toBe(true);
    expect(recorded.of('cache.getOrSet failure')).toEqual([]);
    expect(recorded.of('cache.getOrSet miss')).toHaveLength(50);
    expect(recorded.of('cache.factory.load failure')).toHaveLength(50);
  });
});

describe('cache rule 16: a factory', () => {
  it('is given up after its time with a typed error, and its signal aborts', async () => {
    let aborted = false;
    const loading = cache.getOrSet('key', ({ signal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    const outcome = expect(loading).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
    await clock.advance(10_000);
    await outcome;
    expect(aborted).toBe(true);
    expect(await cache.getOrSet('key', () => 'next')).toBe('next');
  });

  it('may decide TTL and tags of what it loads, and that it is not stored', async () => {
    await cache.getOrSet('ttl', ({ setTtl }) => (setTtl('1s'), 1));
    await cache.getOrSet('tags', ({ setTags }) => (setTags('t'), 1));
    expect(await cache.getOrSet('skipped', ({ skip }) => (skip(), 1))).toBe(1);
    expect(await cache.get('skipped')).toBeNull();
    await clock.advance(1_000);
    expect(await cache.getMany(['ttl', 'tags'])).toEqual([null, 1]);
    await cache.invalidateTags('t');
    expect(await cache.get('tags')).toBeNull();
  });

  it('gets a typed error for an invalid decision', async () => {
    await expect(cache.getOrSet('key', (context) => context.setTtl('soon'))).rejects.toMatchObject({
      code: 'CACHE_TTL_INVALID',
    });
  });
});

describe('cache rule 17: what getOrSet stores', () => {
  it('lives for its TTL, spread by up to 10 %', async () => {
    clock.randoms.push(0);
    await cache.getOrSet('short', () => 1, { ttl: 1_000 });
    await clock.advance(899);
    expect(await cache.get('short')).toBe(1);
    await clock.advance(1);
    expect(await cache.get('short')).toBeNull();
  });

  it('is nothing for a TTL of 0', async () => {
    const factory = vi.fn(() => 1);
    await cache.getOrSet('key', factory, { ttl: 0 });
    await cache.getOrSet('key', factory, { ttl: 0 });
    expect(factory).toHaveBeenCalledTimes(2);
  });

  it.each([{ ttl: 'soon' }, { negativeTtl: -1 }, { tags: [''] }])(
    'is checked before the factory is called: %j',
    async (options) => {
      const factory = vi.fn(() => 1);
      await expect(cache.getOrSet('key', factory, options)).rejects.toMatchObject({
        code: expect.stringMatching(/^CACHE_(TTL|TAG)_INVALID$/) as string,
      });
      expect(factory).not.toHaveBeenCalled();
    },
  );
});

describe('cache rule 18: getOrSet', () => {
  it('does not store undefined', async () => {
    const factory = vi.fn(() => undefined);
    expect(await cache.getOrSet('key', factory)).toBeUndefined();
    expect(await cache.getOrSet('key', factory)).toBeUndefined();
    expect(factory).toHaveBeenCalledTimes(2);
  });

  it('remembers null for its own TTL, which is never longer than the TTL of values', async () => {
    const factory = vi.fn(() => null);
    await cache.getOrSet('a', factory, { ttl: '1h' });
    await cache.getOrSet('b', factory, { ttl: '1s' });
    await cache.getOrSet('c', factory, { negativeTtl: '2s' });
    const hits = async (): Promise<boolean[]> =>
      Promise.all(['a', 'b', 'c'].map(async (key) => (await cache.lookup(key)).hit));
    expect(await hits()).toEqual([true, true, true]);
    expect(await cache.getOrSet('a', factory)).toBeNull();
    expect(factory).toHaveBeenCalledTimes(3);
    await clock.advance(1_000);
    expect(await hits()).toEqual([true, false, true]);
    await clock.advance(1_000);
    expect(await hits()).toEqual([true, false, false]);
    await clock.advance(28_000);
    expect(await hits()).toEqual([false, false, false]);
  });

  it('gives the first caller what later ones get: plain frozen data', async () => {
    class User {
      constructor(readonly id: string) {}
    }
    const first = await cache.getOrSet('key', () => new User('1'));
    expect(first).not.toBeInstanceOf(User);
    expect(await cache.getOrSet('key', () => new User('2'))).toBe(first);
  });

  it('refuses what cannot be cached', async () => {
    await expect(cache.getOrSet('key', () => ({ run: [() => 1] }))).rejects.toMatchObject({
      code: 'CACHE_VALUE_INVALID',
    });
  });
});

describe('cache rule 20: a load', () => {
  it('is recorded beside the miss that led to it', async () => {
    await cache.getOrSet('key', () => 1);
    expect(recorded.calls.filter((call) => !call.includes(' try '))).toEqual([
      'cache.getOrSet attempt',
      'cache.getOrSet miss',
      'cache.factory.load attempt',
      'cache.factory.load success',
      'cache.store attempt',
      'cache.store success',
    ]);
  });
});

describe('cache rule 20: a stale value that stands in', () => {
  it('is recorded as a hit, beside the miss and the failed load', async () => {
    await cache.getOrSet('key', () => 1, { ttl: 1_000 });
    await clock.advance(1_000);
    recorded.clear();
    const error = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    expect(await cache.getOrSet('key', () => Promise.reject(error))).toBe(1);
    expect(recorded.calls.filter((call) => !/ (try|outcome) /.test(call))).toEqual([
      'cache.getOrSet attempt',
      'cache.getOrSet miss',
      'cache.factory.load attempt',
      'cache.factory.load failure ECONNREFUSED',
      'cache.stale attempt',
      'cache.stale hit',
    ]);
  });
});

describe('cache rule 19: getOrSetMany', () => {
  it('loads only what is missing, in one call, and keeps the order', async () => {
    await cache.set('b', 'B');
    const factory = vi.fn((keys: readonly string[]) =>
      keys.map((key) => [key, key.toUpperCase()] as const),
    );
    expect(await cache.getOrSetMany(['a', 'b', 'c', 'a'], factory)).toEqual(['A', 'B', 'C', 'A']);
    expect(factory.mock.calls.map(([keys]) => keys)).toEqual([['a', 'c']]);
    expect(await cache.getMany(['a', 'c'])).toEqual(['A', 'C']);
  });

  it('remembers as null what the factory leaves out', async () => {
    const factory = vi.fn(() => new Map([['a', 1]]));
    expect(await cache.getOrSetMany(['a', 'b'], factory)).toEqual([1, null]);
    expect(await cache.getOrSetMany(['a', 'b'], factory)).toEqual([1, null]);
    expect(factory).toHaveBeenCalledTimes(1);
    expect(await cache.lookup('b')).toMatchObject({ hit: true, value: null });
  });

  it('joins what others are loading, one by one or together', async () => {
    const single = gate<string>();
    const loading = cache.getOrSet('a', single.factory);
    await clock.settle();
    const asked: string[][] = [];
    const factory = async (keys: readonly string[]): Promise<[string, string][]> => {
      asked.push([...keys]);
      return keys.map((key) => [key, `batch ${key}`]);
    };
    const batches = [
      cache.getOrSetMany(['a', 'b'], factory),
      cache.getOrSetMany(['b', 'c'], factory),
    ];
    await clock.settle();
    single.open('single a');
    expect(await Promise.all(batches)).toEqual([
      ['single a', 'batch b'],
      ['batch b', 'batch c'],
    ]);
    expect(asked).toEqual([['b'], ['c']]);
    expect(await loading).toBe('single a');
  });

  it('rethrows the error of the factory unchanged', async () => {
    const error = new Error('no');
    await expect(cache.getOrSetMany(['a'], () => Promise.reject(error))).rejects.toBe(error);
  });

  it('fences only the keys that were deleted meanwhile', async () => {
    const { factory, open } = gate<[string, number][]>();
    const loading = cache.getOrSetMany(['a', 'b'], factory);
    await clock.settle();
    await cache.delete('a');
    open([
      ['a', 1],
      ['b', 2],
    ]);
    expect(await loading).toEqual([1, 2]);
    expect(await cache.getMany(['a', 'b'])).toEqual([null, 2]);
  });
});
