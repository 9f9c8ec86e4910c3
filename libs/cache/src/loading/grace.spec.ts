import { Logger, NotFoundException } from '@nestjs/common';
import { FakeCache } from 'nestjs-mainstay/testing/cache';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CacheFactoryContext } from '../cache.options.js';

const MINUTE = 60_000;
const down = Object.assign(new Error('the database is down'), { code: 'ECONNREFUSED' });

let cache: FakeCache;

// Failing factories are logged as the unknown errors that they are.
beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  cache = new FakeCache();
});

/** A value that is past its TTL, without the spread of lives. */
async function expired(value: unknown = 'old', key = 'key'): Promise<void> {
  await cache.getOrSet<unknown>(key, () => value, { ttl: MINUTE, tags: ['users'] });
  await cache.clock.advance(MINUTE);
}

const fails = (): Promise<never> => Promise.reject(down);

describe('cache rule 16: grace', () => {
  it.each([down, new Error('nobody knows this one')])(
    'gives the stale value when the factory fails: %s',
    async (error) => {
      await expired();
      expect(await cache.getOrSet('key', () => Promise.reject(error))).toBe('old');
    },
  );

  it('says so in lookupOrSet', async () => {
    await expired();
    expect(await cache.lookupOrSet('key', fails)).toEqual({
      value: 'old',
      source: 'l1',
      stale: true,
    });
  });

  it('calls the factory first, and gives what it makes', async () => {
    await expired();
    expect(await cache.lookupOrSet('key', () => 'new')).toMatchObject({
      value: 'new',
      stale: false,
    });
    expect(await cache.get('key')).toBe('new');
  });

  it('leaves no timer behind when the factory was fast', async () => {
    await expired();
    const before = cache.clock.pending.all;
    await cache.getOrSet('key', () => 'new');
    // The one timer of all deadlines of factories, which is set anew when it fires.
    expect(cache.clock.pending.all - before).toBeLessThanOrEqual(1);
  });

  it('lasts for its time after the TTL, and not a moment longer', async () => {
    await expired();
    await cache.clock.advance(10 * MINUTE - 1);
    expect(await cache.getOrSet('key', fails)).toBe('old');
    await cache.clock.advance(1);
    await expect(cache.getOrSet('key', fails)).rejects.toBe(down);
  });

  it.each([0, false] as const)('is switched off by %s', async (grace) => {
    await cache.getOrSet('key', () => 'old', { ttl: MINUTE, grace });
    await cache.clock.advance(MINUTE);
    await expect(cache.getOrSet('key', fails)).rejects.toBe(down);
  });

  it('is what the call says', async () => {
    await cache.getOrSet('key', () => 'old', { ttl: MINUTE, grace: '1h' });
    await cache.clock.advance(60 * MINUTE);
    expect(await cache.getOrSet('key', fails)).toBe('old');
  });

  it('is none for what is set, unless it asks for one', async () => {
    await cache.set('plain', 'old', { ttl: MINUTE });
    await cache.set('graced', 'old', { ttl: MINUTE, grace: '5m' });
    await cache.clock.advance(MINUTE);
    await expect(cache.getOrSet('plain', fails)).rejects.toBe(down);
    expect(await cache.getOrSet('graced', fails)).toBe('old');
  });

  it('is nothing that get, getMany or lookup give', async () => {
    await expired();
    expect(await cache.get('key')).toBeNull();
    expect(await cache.getMany(['key'])).toEqual([null]);
    expect(await cache.lookup('key')).toMatchObject({ hit: false, stale: false });
  });

  it.each([
    ['delete', () => cache.delete('key')],
    ['clear', () => cache.clear()],
    ['invalidateTags', () => cache.invalidateTags('users')],
  ])('is ended by %s', async (_name, invalidate) => {
    await expired();
    await invalidate();
    await expect(cache.getOrSet('key', fails)).rejects.toBe(down);
  });

  it.each([
    ['delete', () => cache.delete('key')],
    ['clear', () => cache.clear()],
    ['invalidateTags', () => cache.invalidateTags('users')],
  ])('is ended by %s while the factory runs', async (_name, invalidate) => {
    await expired();
    let fail: (error: Error) => void = () => undefined;
    const loading = cache.getOrSet('key', () => new Promise((_, reject) => (fail = reject)));
    await cache.clock.settle();
    await invalidate();
    fail(down);
    await expect(loading).rejects.toBe(down);
  });

  it('does not stand in for an answer of the source: what is gone is gone', async () => {
    await expired();
    const gone = new NotFoundException();
    await expect(cache.getOrSet('key', () => Promise.reject(gone))).rejects.toBe(gone);
  });

  it('does not hide a mistake of the caller', async () => {
    await expired();
    await expect(cache.getOrSet('key', (context) => context.setTtl('soon'))).rejects.toMatchObject({
      code: 'CACHE_TTL_INVALID',
    });
  });

  it('serves all that wait for one failing call', async () => {
    await expired();
    const factory = vi.fn(fails);
    const results = Array.from({ length: 100 }, () => cache.getOrSet('key', factory));
    expect(new Set(await Promise.all(results))).toEqual(new Set(['old']));
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('serves a batch when it has a value for every key, and rethrows otherwise', async () => {
    await expired('A', 'a');
    expect(await cache.getOrSetMany(['a'], fails)).toEqual(['A']);
    await cache.clock.advance(10_000);
    await expect(cache.getOrSetMany(['a', 'b'], fails)).rejects.toBe(down);
  });
});

describe('cache rule 16: after a failed load', () => {
  it('the source is left alone for a while, then asked again', async () => {
    await expired();
    const factory = vi.fn(fails);
    for (let call = 0; call < 10; call++) {
      expect(await cache.getOrSet('key', factory)).toBe('old');
      await cache.clock.advance(999);
    }
    expect(factory).toHaveBeenCalledTimes(1);
    await cache.clock.advance(10);
    expect(await cache.getOrSet('key', () => 'new')).toBe('new');
  });

  it('a key without a stale value is asked for by every call', async () => {
    const factory = vi.fn(fails);
    await expect(cache.getOrSet('key', factory)).rejects.toBe(down);
    await expect(cache.getOrSet('key', factory)).rejects.toBe(down);
    expect(factory).toHaveBeenCalledTimes(2);
  });

  it('every call tries where the back-off is 0', async () => {
    cache = new FakeCache({ config: { graceBackoff: 0 } });
    await expired();
    const factory = vi.fn(fails);
    await cache.getOrSet('key', factory);
    await cache.getOrSet('key', factory);
    expect(factory).toHaveBeenCalledTimes(2);
  });
});

describe('cache rule 16: a slow factory', () => {
  it('is waited for a second where there is a stale value, and stores in the background', async () => {
    await expired();
    let finish: (value: string) => void = () => undefined;
    const factory = vi.fn(() => new Promise<string>((resolve) => (finish = resolve)));
    const settled = vi.fn();
    const loading = cache.lookupOrSet('key', factory);
    void loading.then(settled);
    await cache.clock.advance(999);
    expect(settled).not.toHaveBeenCalled();
    await cache.clock.advance(1);
    expect(await loading).toMatchObject({ value: 'old', stale: true });
    expect(await cache.getOrSet('key', factory)).toBe('old');
    finish('new');
    await cache.clock.settle();
    expect(await cache.get('key')).toBe('new');
    expect(factory).toHaveBeenCalledTimes(1);
    expect(cache.clock.pending.all).toBe(0);
  });

  it('that fails in the background harms nobody', async () => {
    await expired();
    const loading = cache.getOrSet('key', () => new Promise(() => undefined));
    await cache.clock.advance(1_000);
    expect(await loading).toBe('old');
    await cache.clock.advance(9_000);
    expect(await cache.getOrSet('key', () => 'left alone')).toBe('old');
  });

  it('is not waited for at all where its soft timeout is 0', async () => {
    await expired();
    const loading = cache.getOrSet('key', () => new Promise(() => undefined), {
      factorySoftTimeout: 0,
    });
    await cache.clock.advance(0);
    expect(await loading).toBe('old');
  });

  it('gets all its time where its soft timeout is Infinity', async () => {
    await expired();
    const settled = vi.fn();
    const loading = cache.getOrSet('key', () => new Promise(() => undefined), {
      factorySoftTimeout: Infinity,
    });
    void loading.then(settled);
    await cache.clock.advance(9_999);
    expect(settled).not.toHaveBeenCalled();
    await cache.clock.advance(1);
    expect(await loading).toBe('old');
  });

  it('gets all its time where there is nothing stale, then a typed error', async () => {
    const loading = cache.getOrSet('key', () => new Promise(() => undefined));
    const outcome = expect(loading).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
    await cache.clock.advance(10_000);
    await outcome;
  });

  it('does not give a value that was deleted while it ran', async () => {
    await expired();
    const loading = cache.getOrSet('key', () => new Promise(() => undefined));
    const outcome = expect(loading).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
    await cache.clock.advance(500);
    await cache.delete('key');
    await cache.clock.advance(9_500);
    await outcome;
  });
});

describe('cache rule 17: options of a call that do not fit together', () => {
  it('a soft timeout beyond the time of a factory: the stale value is given when that is over', async () => {
    await expired();
    const hangs = (): Promise<string> => new Promise(() => undefined);
    const loading = cache.getOrSet('key', hangs, { factorySoftTimeout: '1m' });
    await cache.clock.advance(10_000);
    expect(await loading).toBe('old');
  });

  it('a grace for what is not stored: nothing is', async () => {
    await cache.getOrSet('key', () => 'value', { ttl: 0, grace: '1h' });
    const factory = vi.fn(fails);
    await expect(cache.getOrSet('key', factory)).rejects.toThrow(down);
  });
});

describe('cache rule 16: the context of a factory', () => {
  it('has the stale value, which it may give again', async () => {
    const seen: unknown[] = [];
    const factory = ({ stale }: CacheFactoryContext): unknown => {
      seen.push(stale);
      return stale ?? { etag: 1 };
    };
    const first = await cache.getOrSet('key', factory, { ttl: MINUTE });
    await cache.clock.advance(2 * MINUTE);
    expect(await cache.getOrSet('key', factory, { ttl: MINUTE })).toEqual(first);
    expect(seen).toEqual([undefined, { etag: 1 }]);
    expect(await cache.get('key')).toEqual({ etag: 1 });
  });

  it('has the stale values of a batch by their keys', async () => {
    await expired('A', 'a');
    const seen: unknown[] = [];
    await cache.getOrSetMany(['a', 'b'], (_, { stale }) => (seen.push([...stale]), []));
    expect(seen).toEqual([[['a', 'A']]]);
  });

  it('has nothing that was invalidated', async () => {
    await expired();
    await cache.invalidateTags('users');
    const factory = vi.fn(({ stale }: CacheFactoryContext) => stale ?? 'none');
    expect(await cache.getOrSet('key', factory)).toBe('none');
  });
});

describe('cache rule 16: expire', () => {
  it('ends the TTL and keeps the grace', async () => {
    await cache.getOrSet('key', () => 'old');
    expect(await cache.expire('key')).toBe(true);
    expect(await cache.get('key')).toBeNull();
    expect(await cache.getOrSet('key', fails)).toBe('old');
    expect(await cache.expire('never written')).toBe(true);
  });

  it('keeps nothing of what has no grace', async () => {
    await cache.set('key', 'old');
    await cache.expire('key');
    await expect(cache.getOrSet('key', fails)).rejects.toBe(down);
  });

  it('does not make the grace longer', async () => {
    await expired();
    await cache.clock.advance(9 * MINUTE);
    await cache.expire('key');
    await cache.clock.advance(MINUTE);
    await expect(cache.getOrSet('key', fails)).rejects.toBe(down);
  });

  it('asks the source again that was left alone', async () => {
    await expired();
    await cache.getOrSet('key', fails);
    await cache.expire('key');
    expect(await cache.getOrSet('key', () => 'new')).toBe('new');
  });

  it('fences the load that is in progress', async () => {
    let finish: (value: string) => void = () => undefined;
    const loading = cache.getOrSet('key', () => new Promise<string>((done) => (finish = done)));
    await cache.clock.settle();
    await cache.expire('key');
    finish('old');
    expect(await loading).toBe('old');
    expect(await cache.get('key')).toBeNull();
  });

  it('is false while the cache is down', async () => {
    cache.goDown();
    expect(await cache.expire('key')).toBe(false);
  });
});
