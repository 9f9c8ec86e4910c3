import { AssertionError } from 'node:assert';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CacheService } from 'nestjs-mainstay/cache';
import { FakeClock } from 'nestjs-mainstay/testing';
import { FakeCache } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it } from 'vitest';

describe('FakeCache', () => {
  it('behaves as a cache on a clock that the test moves', async () => {
    const cache = new FakeCache();
    await cache.set('key', 1, { ttl: '1s' });
    cache.assertHas('key');
    expect(await cache.get('key')).toBe(1);
    await cache.clock.advance(1_000);
    cache.assertMissing('key');
    expect(await cache.get('key')).toBeNull();
  });

  it('takes a clock and configuration values', async () => {
    const clock = new FakeClock();
    const cache = new FakeCache({ clock, config: { ttl: 10 } });
    await cache.set('key', 1);
    await clock.advance(10);
    expect(await cache.get('key')).toBeNull();
  });

  it('has the defaults of the real configuration', async () => {
    const cache = new FakeCache();
    await cache.set('key', 1);
    await cache.clock.advance(299_999);
    expect(await cache.get('key')).toBe(1);
    await cache.clock.advance(1);
    expect(await cache.get('key')).toBeNull();
  });

  it('refuses a configuration that the real one refuses', () => {
    expect(() => new FakeCache({ config: { maxEntries: 0 } })).toThrow(/maxEntries/);
  });

  it('takes the place of CacheService in a testing module', async () => {
    @Injectable()
    class Users {
      constructor(readonly cache: CacheService) {}
    }
    const cache = new FakeCache();
    const module = await Test.createTestingModule({
      providers: [Users, { provide: CacheService, useValue: cache }],
    }).compile();
    expect(module.get(Users).cache).toBe(cache);
  });

  it('asserts values as the cache keeps them: as plain data', async () => {
    class User {
      constructor(readonly id: string) {}
    }
    const cache = new FakeCache();
    await cache.set('user', new User('1'));
    await cache.set('nothing', null);
    cache.assertHas('user', new User('1'));
    cache.assertHas('user', { id: '1' });
    cache.assertHas('nothing', null);
    expect(() => cache.assertHas('user', { id: '2' })).toThrow(
      'Expected "user" to be {"id":"2"} in the cache, but it is {"id":"1"}.',
    );
    expect(() => cache.assertHas('nothing', undefined)).toThrow(AssertionError);
  });

  it('fails assertions that do not hold', async () => {
    const cache = new FakeCache();
    await cache.set('there', 1n);
    expect(() => cache.assertHas('missing')).toThrow('Expected the cache to have "missing"');
    expect(() => cache.assertMissing('there')).toThrow('it is "1n"');
    expect(() => cache.assertDeleted('there')).toThrow('deleted: none');
    expect(() => cache.assertInvalidated('tag')).toThrow(AssertionError);
  });

  it('knows what was deleted, and that it did not come back', async () => {
    const cache = new FakeCache();
    await cache.set('a', 1);
    await cache.delete('a');
    await cache.deleteMany(['b', 'c']);
    for (const key of ['a', 'b', 'c']) cache.assertDeleted(key);
    await cache.set('a', 2);
    expect(() => cache.assertDeleted('a')).toThrow('Expected the cache not to have "a"');
  });

  it('knows which tags were invalidated', async () => {
    const cache = new FakeCache();
    await cache.set('a', 1, { tags: ['users'] });
    await cache.invalidateTags('users');
    cache.assertInvalidated('users');
    expect(() => cache.assertInvalidated('orders')).toThrow('were: users');
    cache.assertMissing('a');
  });

  it('can be taken down and comes back with its entries', async () => {
    const cache = new FakeCache();
    await cache.set('key', 1);
    cache.goDown();
    for (let call = 0; call < 20; call++) expect(await cache.get('key')).toBeNull();
    expect(await cache.set('key', 2)).toBe(false);
    expect(await cache.delete('key')).toBe(false);
    expect(await cache.getOrSet('key', () => 3)).toBe(3);
    cache.assertHas('key', 1);
    cache.comeBack();
    expect(await cache.get('key')).toBe(1);
  });
});
