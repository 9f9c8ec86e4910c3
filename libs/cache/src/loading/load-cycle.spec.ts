import { Logger } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import { CacheService } from '../cache.service.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { MemoryStore } from '../stores/memory-store.js';

const config = cacheConfigOf();

const CYCLE = { code: 'CACHE_LOAD_CYCLE' };
let clock: FakeClock;
let cache: CacheService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  clock = new FakeClock();
  const backend = { name: 'cache', config, clock, store: new MemoryStore(clock, 100) };
  cache = new CacheService(backend, new Operations(clock, new RecordedCalls()));
});

describe('cache rule 15: a factory that asks for its own key', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['getOrSet', () => cache.getOrSet('key', () => 1)],
    ['lookupOrSet', () => cache.lookupOrSet('key', () => 1)],
    ['getOrSetMany', () => cache.getOrSetMany(['other', 'key'], (keys) => keys.map((k) => [k, 1]))],
  ])('by %s gets an error at once, and so do its callers', async (_name, ask) => {
    const factory = async (): Promise<unknown> => ask();
    await expect(cache.getOrSet('key', factory)).rejects.toMatchObject(CYCLE);
    expect(clock.now()).toBe(0);
    // Nothing is left of it.
    expect(await cache.getOrSet('key', () => 'value')).toBe('value');
  });

  it('as a factory of several keys does so too', async () => {
    const factory = async (keys: readonly string[]): Promise<[string, number][]> => {
      await cache.getOrSet('b', () => 1);
      return keys.map((key) => [key, 1]);
    };
    await expect(cache.getOrSetMany(['a', 'b'], factory)).rejects.toMatchObject(CYCLE);
  });

  it('as a method that calls itself with the same arguments does so too', async () => {
    class Users {
      @Cacheable({ key: (id: string) => `user:${id}` })
      find(id: string): Promise<string> {
        return this.find(id);
      }
    }
    const users = new Users();
    Object.assign(users, { [Symbol.for('nestjs-mainstay.decorated-cache:')]: cache });
    await expect(users.find('42')).rejects.toMatchObject(CYCLE);
  });

  it('is told what to do, and its stack says where; the key is not in the error', async () => {
    const factory = async (): Promise<number> => {
      const value: number = await cache.getOrSet('secret:42', () => 1);
      return value + 1;
    };
    const error: Error = await cache.getOrSet('secret:42', factory).then(
      () => new Error('no error'),
      (reason: Error) => reason,
    );
    expect(error.message).toBe(
      'cache: a factory asks for the key that it is loading, and would wait for itself. Let it ask its source, or use another key for what it needs.',
    );
    expect(error.stack).toContain('load-cycle.spec.ts');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('hides behind no stale value: it is a mistake of the caller', async () => {
    await cache.getOrSet('key', () => 'old', { ttl: 1_000 });
    await clock.advance(1_200);
    const factory = async (): Promise<unknown> => cache.getOrSet('key', () => 'new');
    await expect(cache.getOrSet('key', factory)).rejects.toMatchObject(CYCLE);
  });

  it('may ask for other keys, whose factories may too', async () => {
    const value = await cache.getOrSet('a', () =>
      cache.getOrSet('b', async () => `c is ${await cache.getOrSet('c', () => 'there')}`),
    );
    expect(value).toBe('c is there');
  });

  it('is not taken for others that ask while it runs', async () => {
    const first = cache.getOrSet('key', async () => {
      await clock.sleep(10);
      return 'value';
    });
    const second = cache.getOrSet('key', () => 'other');
    await clock.advance(10);
    expect(await Promise.all([first, second])).toEqual(['value', 'value']);
  });
});

describe('cache rule 15: a factory that asks for its own key later', () => {
  it('is given up after its time, with an error that says that it may be so', async () => {
    const factory = async (): Promise<unknown> => {
      await clock.sleep(1);
      return cache.getOrSet('key', () => 1);
    };
    const failed = expect(cache.getOrSet('key', factory)).rejects.toMatchObject({
      code: 'OPERATION_TIMEOUT',
      message:
        'cache.factory.load did not answer within 10 s. If the factory, or what it calls, asks the cache for the key that it loads, it waits for itself: let it ask its source.',
    });
    await clock.advance(10_000);
    await failed;
  });

  it('is not suspected where nobody has joined the load', async () => {
    const hangs = (): Promise<never> => new Promise(() => undefined);
    const failed = expect(cache.getOrSet('key', hangs)).rejects.toMatchObject({
      message: 'cache.factory.load did not answer within 10 s.',
    });
    await clock.advance(10_000);
    await failed;
  });
});
