import {
  array,
  assert,
  boolean,
  constant,
  integer,
  oneof,
  property,
  record,
  string,
} from 'fast-check';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describeCacheStore } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it, vi } from 'vitest';
import { CacheValueTooLargeError } from '../cache.errors.js';
import { toCachedValue } from '../values/cached-value.js';
import type { CacheEntry, EntryJudge } from './cache-store.js';
import { sizeOfEntry } from './entry-size.js';
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

describe('cache rule 5: MemoryStore with a bound of bytes', () => {
  const sizeOf = (key: string, value: unknown): number => sizeOfEntry(key, entryOf(value));
  const bounded = (maxBytes: number): MemoryStore =>
    new MemoryStore(new FakeClock(), undefined, maxBytes);

  it('drops what was not used for longest until what is written fits', () => {
    const store = bounded(3 * sizeOf('a', 'x'.repeat(100)));
    for (const key of ['a', 'b', 'c']) store.set(key, entryOf('x'.repeat(100)));
    store.get('a');
    store.set('d', entryOf('x'.repeat(150)));
    const kept = ['a', 'b', 'c', 'd'].filter((key) => store.get(key) !== undefined);
    expect(kept).toEqual(['a', 'd']);
  });

  it('refuses what is larger than all that it may hold, and leaves no old value', () => {
    const store = bounded(2 * sizeOf('a', 1));
    store.set('a', entryOf(1));
    store.set('b', entryOf(2));
    expect(() => store.set('a', entryOf('x'.repeat(1_000)))).toThrow(CacheValueTooLargeError);
    expect([store.get('a'), store.get('b')?.data]).toEqual([undefined, 2]);
    expect(store.bytes).toBe(sizeOf('b', 2));
  });

  it('keeps the others of what was loaded with something too large', () => {
    const store = bounded(2 * sizeOf('a', 1));
    const loaded = [['a', entryOf(1)] as const, ['b', entryOf('x'.repeat(1_000))] as const];
    expect(() => store.setLoaded([...loaded, ['c', entryOf(3)]])).toThrow(CacheValueTooLargeError);
    expect(['a', 'b', 'c'].map((key) => store.get(key)?.data)).toEqual([1, undefined, 3]);
  });

  it('has room again for what was deleted, cleared or has expired', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(clock, undefined, 10_000);
    store.set('a', entryOf('x', 10));
    store.set('b', entryOf('y'));
    store.delete('b');
    await clock.advance(10);
    store.get('a');
    expect(store.bytes).toBe(0);
    store.set('c', entryOf('z'));
    store.clear();
    expect(store.bytes).toBe(0);
  });

  it('estimates nothing without the bound', () => {
    const store = bounded(Infinity);
    store.set('a', entryOf('x'));
    expect(store.bytes).toBe(0);
  });

  it('holds what a map in the order of use would hold, and never more bytes, whatever is written', () => {
    const write = record({
      key: integer({ min: 0, max: 30 }).map(String),
      value: oneof(string({ maxLength: 300 }), array(integer(), { maxLength: 20 }), constant(null)),
      isRead: boolean(),
    });
    assert(
      property(
        array(write, { maxLength: 150 }),
        integer({ min: 200, max: 5_000 }),
        (writes, max) => {
          const store = bounded(max);
          const model = new Map<string, unknown>();
          const bytesOfModel = (): number =>
            [...model].reduce((sum, [key, value]) => sum + sizeOf(key, value), 0);
          for (const { key, value, isRead } of writes) {
            if (isRead) {
              const held = model.get(key);
              expect(store.get(key)?.data).toEqual(held);
              if (!model.delete(key)) continue;
              model.set(key, held);
            } else {
              model.delete(key);
              if (sizeOf(key, value) <= max) model.set(key, value);
              store.keep(key, entryOf(value));
              while (bytesOfModel() > max) model.delete(model.keys().next().value!);
            }
            expect(store.bytes).toBe(bytesOfModel());
            expect(store.bytes).toBeLessThanOrEqual(max);
          }
          for (const [key, value] of model) expect(store.get(key)?.data).toEqual(value);
          expect(store.size).toBe(model.size);
        },
      ),
    );
  });
});
