import { FakeClock } from 'nestjs-mainstay/testing';
import { describeCacheStore } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it, vi } from 'vitest';
import { toCachedValue } from '../values/cached-value.js';
import type { CacheEntry, EntryJudge } from './cache-store.js';
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

describe('MemoryStore.getFresh', () => {
  const valid: EntryJudge = { isValid: () => true };

  it('gives the value as a reader gets it: what cannot be frozen is a copy of its own', () => {
    const store = new MemoryStore(new FakeClock());
    store.set('date', entryOf({ at: new Date(5) }));
    const [first, second] = [store.getFresh('date', 0, valid), store.getFresh('date', 0, valid)];
    expect(first).toEqual({ at: new Date(5) });
    expect(first).not.toBe(second);
  });

  it('gives nothing for an entry past its TTL, which stays for as long as it may stand in', () => {
    const store = new MemoryStore(new FakeClock());
    store.set('key', { ...entryOf('value', 100), staleUntil: 200 });
    expect([99, 100].map((now) => store.getFresh('key', now, valid))).toEqual(['value', undefined]);
    expect(store.get('key')?.data).toBe('value');
  });

  it('asks the judge with the order and the tags of the entry', () => {
    const store = new MemoryStore(new FakeClock());
    store.set('key', { ...entryOf('value'), order: 7, tags: ['tag'] });
    const isValid = vi.fn(() => false);
    expect(store.getFresh('key', 0, { isValid })).toBeUndefined();
    expect(isValid.mock.calls).toEqual([[7, ['tag']]]);
  });

  it('counts as a use', () => {
    const store = new MemoryStore(new FakeClock(), 2);
    for (const key of ['a', 'b']) store.set(key, entryOf(key));
    store.getFresh('a', 0, valid);
    store.set('c', entryOf('c'));
    expect([store.get('a')?.data, store.get('b')]).toEqual(['a', undefined]);
  });
});
