import { Logger } from '@nestjs/common';
import { MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from 'nestjs-mainstay/resilience';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import type { CacheConfig } from '../cache.config.js';
import type { CacheFactoryContext, CacheLoadOptions } from '../cache.options.js';
import { CacheService } from '../cache.service.js';
import type { LoadLock } from '../stores/load-lock.js';
import { MemoryStore } from '../stores/memory-store.js';

const config = cacheConfigOf({ ttl: 100_000 });

const EAGER: CacheLoadOptions = { eagerRefresh: 0.8 };

class NotFoundError extends MainstayError<'NO_USER'> implements ClassifiedError {
  readonly code = 'NO_USER';
  readonly classification: Classification = {
    kind: 'permanent',
    type: 'NO_USER',
    reason: 'not-found',
  };
}

let clock: FakeClock;
let recorded: RecordedCalls;
let cache: CacheService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordedCalls();
  cache = instance();
});

function instance(
  own: Partial<CacheConfig> = {},
  store = new MemoryStore(clock, 100),
): CacheService {
  const backend = { name: 'cache', config: { ...config, ...own }, clock, store };
  return new CacheService(backend, new Operations(clock, recorded));
}

/** A cache with a value whose age is past 0.8 of its TTL. */
async function aged(options: CacheLoadOptions = EAGER, into = cache): Promise<void> {
  await into.getOrSet('key', () => 'old', options);
  await clock.advance(80_001);
}

describe('cache rule 16: eager refresh', () => {
  it('loads a value anew that is read when most of its TTL is over; its reader does not wait', async () => {
    await aged();
    const factory = vi.fn(async () => 'new');
    expect(await cache.getOrSet('key', factory, EAGER)).toBe('old');
    await clock.settle();
    expect(factory).toHaveBeenCalledTimes(1);
    expect(await cache.lookup('key')).toMatchObject({ value: 'new', age: 0, stale: false });
    expect(recorded.of('cache.factory.refresh ')).toContain('cache.factory.refresh success');
  });

  it('does nothing before, and nothing where nobody reads', async () => {
    await cache.getOrSet('key', () => 'old', EAGER);
    await clock.advance(80_000);
    const factory = vi.fn(() => 'new');
    expect(await cache.getOrSet('key', factory, EAGER)).toBe('old');
    await clock.settle();
    expect(factory).not.toHaveBeenCalled();
  });

  it('is off unless the call or the configuration asks for it', async () => {
    const factory = vi.fn(() => 'new');
    await aged();
    await cache.getOrSet('key', factory);
    const eager = instance({ eagerRefresh: 0.8 });
    await aged({}, eager);
    await eager.getOrSet('key', factory, { eagerRefresh: false });
    await clock.settle();
    expect(factory).not.toHaveBeenCalled();
    await eager.getOrSet('key', factory);
    await clock.settle();
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('never happens to what lives for ever', async () => {
    await cache.getOrSet('key', () => 'old', { ...EAGER, ttl: Infinity });
    await clock.advance(1e12);
    const factory = vi.fn(() => 'new');
    await cache.getOrSet('key', factory, EAGER);
    await clock.settle();
    expect(factory).not.toHaveBeenCalled();
  });

  it('is one load, however many read meanwhile', async () => {
    await aged();
    const factory = vi.fn(async () => {
      await clock.sleep(100);
      return 'new';
    });
    for (let call = 0; call < 100; call++) {
      expect(await cache.getOrSet('key', factory, EAGER)).toBe('old');
      await clock.advance(0.5);
    }
    await clock.advance(100);
    expect(factory).toHaveBeenCalledTimes(1);
    expect(await cache.getOrSet('key', factory, EAGER)).toBe('new');
  });

  it('is what lookupOrSet does too, and getOrSetMany for all that are due together', async () => {
    await aged();
    const factory = vi.fn(() => 'new');
    const found = { value: 'old', source: 'l1', stale: false };
    expect(await cache.lookupOrSet('key', factory, EAGER)).toEqual(found);
    await clock.settle();
    expect(factory).toHaveBeenCalledTimes(1);
    const options = { ...EAGER, ttl: 1_000 };
    const pairs = (keys: readonly string[]): [string, string][] => keys.map((key) => [key, 'old']);
    await cache.getOrSetMany(['a', 'b', 'c'], pairs, options);
    await clock.advance(850);
    await cache.set('b', 'set');
    const batch = vi.fn((keys: readonly string[]) => keys.map((key) => [key, 'new'] as const));
    const read = await cache.getOrSetMany(['a', 'b', 'c'], batch, options);
    expect(read).toEqual(['old', 'set', 'old']);
    await clock.settle();
    expect(batch.mock.calls.map(([keys]) => keys)).toEqual([['a', 'c']]);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual(['new', 'set', 'new']);
  });

  it('that fails is recorded, and tried again after the back-off; the value stays until its TTL', async () => {
    await aged({ ...EAGER, grace: false });
    const factory = vi.fn(async (): Promise<string> => {
      throw new Error('the source is down');
    });
    const call = (): Promise<string> => cache.getOrSet('key', factory, { ...EAGER, grace: false });
    for (const [passedMs, calls] of [
      [0, 1],
      [9_000, 1],
      [1_001, 2],
    ] as const) {
      await clock.advance(passedMs);
      expect(await call()).toBe('old');
      await clock.settle();
      expect(factory).toHaveBeenCalledTimes(calls);
    }
    expect(recorded.of('cache.factory.refresh failure')).toHaveLength(2);
    await clock.advance(20_000);
    await expect(call()).rejects.toThrow('the source is down');
  });

  it('that the source refuses is not asked for by every reader, and makes nothing stand in later', async () => {
    await aged();
    const factory = vi.fn(async (): Promise<string> => {
      throw new NotFoundError('there is no such user');
    });
    for (let call = 0; call < 10; call++) {
      expect(await cache.getOrSet('key', factory, EAGER)).toBe('old');
      await clock.settle();
    }
    expect(factory).toHaveBeenCalledTimes(1);
    await clock.advance(30_000);
    await expect(cache.getOrSet('key', factory, EAGER)).rejects.toThrow('there is no such user');
  });

  it('keeps no process alive, and is given up after the time of a factory', async () => {
    await aged();
    let signal: AbortSignal | undefined;
    const hangs = (context: CacheFactoryContext): Promise<string> => {
      ({ signal } = context);
      return new Promise(() => undefined);
    };
    expect(await cache.getOrSet('key', hangs, EAGER)).toBe('old');
    await clock.settle();
    expect(clock.pending).toEqual({ all: 1, foreground: 0 });
    await clock.advance(10_000);
    expect(signal?.aborted).toBe(true);
    expect(recorded.of('cache.factory.refresh failure')).toHaveLength(1);
    expect(await cache.get('key')).toBe('old');
  });

  it('gives its factory the value as stale, and its first steps hold no reader up', async () => {
    await aged();
    const factory = vi.fn(({ stale }: CacheFactoryContext) => `${stale as string}, and newer`);
    const reading = cache.getOrSet('key', factory, EAGER);
    expect(factory).not.toHaveBeenCalled();
    await reading;
    await clock.settle();
    expect(await cache.get('key')).toBe('old, and newer');
  });

  it('cache rule 10: is not stored after a delete, nor joined', async () => {
    await aged();
    let open: (value: string) => void = () => undefined;
    await cache.getOrSet('key', () => new Promise<string>((resolve) => (open = resolve)), EAGER);
    await clock.settle();
    await cache.delete('key');
    expect(await cache.getOrSet('key', () => 'after', EAGER)).toBe('after');
    open('refreshed');
    await clock.settle();
    expect(await cache.get('key')).toBe('after');
  });

  it('is joined by who comes when the TTL is over before it has ended', async () => {
    await aged();
    const factory = vi.fn(async () => {
      await clock.sleep(500);
      return 'new';
    });
    const options = { ...EAGER, ttl: 1_000 };
    await cache.getOrSet('short', () => 'old', { ...options, grace: false });
    await clock.advance(999);
    expect(await cache.getOrSet('short', factory, options)).toBe('old');
    await clock.advance(10);
    const joined = cache.getOrSet('short', () => 'another', options);
    await clock.advance(500);
    expect(await joined).toBe('new');
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it.each([0, 1, -1, 2, NaN, Infinity, 'x' as unknown as number])(
    'a ratio of %s is refused at once',
    async (eagerRefresh) => {
      const call = cache.getOrSet('key', () => 1, { eagerRefresh });
      await expect(call).rejects.toMatchObject({ code: 'CACHE_RATIO_INVALID' });
    },
  );
});

describe('cache rule 15: eager refresh with the lock', () => {
  class LockingStore extends MemoryStore {
    readonly locks = new Set<string>();

    async lock(key: string): Promise<LoadLock | undefined> {
      if (this.locks.has(key)) return undefined;
      this.locks.add(key);
      return { release: async () => void this.locks.delete(key) };
    }
  }

  it('is one load of all instances', async () => {
    const store = new LockingStore(clock, 100);
    const [one, other] = [instance({}, store), instance({}, store)];
    await aged(EAGER, one);
    const factory = vi.fn(async () => {
      await clock.sleep(500);
      return 'new';
    });
    const options = { ...EAGER, lock: true };
    expect(await one.getOrSet('key', factory, options)).toBe('old');
    expect(await other.getOrSet('key', factory, options)).toBe('old');
    await clock.advance(1_000);
    expect(factory).toHaveBeenCalledTimes(1);
    expect(await other.get('key')).toBe('new');
    expect(store.locks.size).toBe(0);
  });
});
