import { FakeClock } from 'nestjs-mainstay/testing';
import { describeCacheStore } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it } from 'vitest';
import { toCachedValue } from '../values/cached-value.js';
import type { CacheEntry } from './cache-store.js';
import { MemoryStore } from './memory-store.js';

describeCacheStore(
  { describe, it },
  { name: 'MemoryStore', create: (clock, maxEntries) => new MemoryStore(clock, maxEntries) },
);

function entryOf(value: unknown, expiresAt = Infinity): CacheEntry {
  const times = { createdAt: 0, asOf: 0, expiresAt, staleUntil: expiresAt };
  return { ...toCachedValue(value), ...times, order: 1, tags: undefined };
}

describe('cache rule 5: MemoryStore', () => {
  it('holds 10,000 entries unless told otherwise', () => {
    const store = new MemoryStore(new FakeClock());
    for (let index = 0; index < 10_050; index++) store.set(`key:${index}`, entryOf(index));
    expect(store.size).toBe(10_000);
    expect(store.get('key:49')).toBeUndefined();
    expect(store.get('key:50')?.data).toBe(50);
  });

  it('drops what was not used for longest when its bound shrinks', () => {
    const store = new MemoryStore(new FakeClock(), 3);
    for (const key of ['a', 'b', 'c']) store.set(key, entryOf(key));
    store.get('a');
    store.resize(1);
    expect([store.size, store.maxEntries, store.get('a')?.data]).toEqual([1, 1, 'a']);
  });

  it('gives the memory of an expired entry back when it is met', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(clock);
    store.set('a', entryOf(1, 100));
    await clock.advance(100);
    expect(store.size).toBe(1);
    store.get('a');
    expect(store.size).toBe(0);
  });

  it('counts writing an entry anew as its use', () => {
    const store = new MemoryStore(new FakeClock(), 2);
    store.set('a', entryOf(1));
    store.set('b', entryOf(2));
    store.set('a', entryOf(3));
    store.set('c', entryOf(4));
    expect([store.get('a')?.data, store.get('b'), store.get('c')?.data]).toEqual([3, undefined, 4]);
  });
});
