import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCachedValue } from '../values/cached-value.js';
import type { CacheEntry } from './cache-store.js';
import { EntryTable, NO_SLOT } from './entry-table.js';

function entryOf(value: unknown, tags?: readonly string[]): CacheEntry {
  const times = { createdAt: 1, asOf: 0.5, expiresAt: 100.25, staleUntil: Infinity };
  return { ...toCachedValue(value), ...times, order: 2 ** 40, tags };
}

describe('EntryTable', () => {
  it.each([
    ['frozen', entryOf({ a: 1 })],
    ['not frozen', entryOf(new Date(5))],
    ['with tags', entryOf('value', ['a', 'b'])],
    ['undefined', entryOf(undefined)],
  ])('gives an entry back as it was: %s', (_what, entry) => {
    const table = new EntryTable(10);
    table.put('key', entry);
    expect(table.entryAt(table.find('key'))).toEqual(entry);
  });

  it('leaves nothing of an entry to the next one in its slot', () => {
    const table = new EntryTable(10);
    table.put('a', entryOf(new Date(5), ['tag']));
    table.remove(table.find('a'));
    table.put('b', entryOf('frozen'));
    expect(table.entryAt(table.find('b'))).toEqual(entryOf('frozen'));
    expect(table.find('a')).toBe(NO_SLOT);
  });

  it('holds more than was expected', () => {
    const table = new EntryTable(1);
    for (let index = 0; index < 100; index++) table.put(`${index}`, entryOf(index));
    expect(table.size).toBe(100);
    expect(table.entryAt(table.find('99')).data).toBe(99);
  });

  it('is what a map and a list of uses would be, whatever is done to it', () => {
    const step = record({
      kind: constantFrom('put', 'touch', 'remove', 'remove oldest'),
      key: integer({ min: 0, max: 40 }).map(String),
    });
    assert(
      property(array(step, { maxLength: 200 }), (steps) => {
        const table = new EntryTable(20);
        // A map in the order of use: what is used is deleted and added again.
        const model = new Map<string, CacheEntry>();
        steps.forEach(({ kind, key }, index) => {
          if (kind === 'put') {
            const entry = entryOf(index, index % 2 === 0 ? undefined : [key]);
            table.put(key, entry);
            model.delete(key);
            model.set(key, entry);
          } else if (kind === 'remove oldest') {
            const [oldest] = model.keys();
            expect(table.oldest).toBe(oldest === undefined ? NO_SLOT : table.find(oldest));
            if (oldest !== undefined) table.remove(table.oldest);
            model.delete(oldest ?? '');
          } else if (model.has(key)) {
            if (kind === 'remove') table.remove(table.find(key));
            else table.touch(table.find(key));
            const entry = model.get(key)!;
            model.delete(key);
            if (kind === 'touch') model.set(key, entry);
          }
        });
        expect(table.size).toBe(model.size);
        for (const [key, entry] of model) {
          expect(table.entryAt(table.find(key))).toEqual(entry);
          expect(table.oldest).toBe(table.find(key));
          table.remove(table.oldest);
        }
        expect(table.oldest).toBe(NO_SLOT);
      }),
    );
  });
});
