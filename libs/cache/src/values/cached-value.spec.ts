import { describe, expect, it } from 'vitest';
import { UncacheableValueError } from '../cache.errors.js';
import { readCachedValue, toCachedValue } from './cached-value.js';

function roundTrip(value: unknown): unknown {
  return readCachedValue(toCachedValue(value));
}

describe('cache rule 18: a cached value', () => {
  it.each([
    ['0', 0],
    ['an empty string', ''],
    ['false', false],
    ['null', null],
    ['NaN', NaN],
    ['a BigInt', 10n ** 30n],
    ['a Date', new Date('2026-01-02T03:04:05Z')],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', { b: 1 }],
        [{ c: 2 }, [3]],
      ]),
    ],
    ['a Set', new Set([1, 'a', null])],
    ['a Buffer', Buffer.from('bytes')],
    ['a typed array', Float64Array.of(1.5, -2)],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer],
    ['nested data', { a: [{ b: new Date(5) }, undefined], c: { d: null } }],
  ])('gives %s back as it was', (_name, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it('is a copy: a change of the original does not reach it', () => {
    const original = { tags: ['a'], at: new Date(0), bytes: Buffer.from('a') };
    const cached = toCachedValue(original);
    original.tags.push('b');
    original.at.setTime(1);
    original.bytes[0] = 0;
    expect(readCachedValue(cached)).toEqual({
      tags: ['a'],
      at: new Date(0),
      bytes: Buffer.from('a'),
    });
  });

  it('is frozen deeply and read by reference where everything can be frozen', () => {
    const cached = toCachedValue({ a: [{ b: 1 }] });
    const value = readCachedValue(cached) as { a: { b: number }[] };
    expect(readCachedValue(cached)).toBe(value);
    expect([value, value.a, value.a[0]].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ['a Date', { at: new Date(0) }],
    ['a Map', new Map([['a', 1]])],
    ['a Set', [new Set([1])]],
    ['a Buffer', { deep: { bytes: Buffer.from('a') } }],
  ])('is cloned on every read where it contains %s', (_name, value) => {
    const cached = toCachedValue(value);
    expect(readCachedValue(cached)).not.toBe(readCachedValue(cached));
    expect(readCachedValue(cached)).toStrictEqual(value);
  });

  it('cannot be changed by a reader through what cannot be frozen', () => {
    const cached = toCachedValue({ at: new Date(0), seen: new Map([['a', [1]]]) });
    const value = readCachedValue(cached) as { at: Date; seen: Map<string, number[]> };
    value.at.setTime(99);
    value.seen.clear();
    expect(readCachedValue(cached)).toEqual({ at: new Date(0), seen: new Map([['a', [1]]]) });
  });

  it('copies only the bytes of a view, not the pool beneath it', () => {
    const view = new Uint8Array(new ArrayBuffer(1_000_000), 10, 4).fill(7);
    const copy = roundTrip(view) as Uint8Array;
    expect([...copy]).toEqual([7, 7, 7, 7]);
    expect(copy.buffer.byteLength).toBe(4);
    const data = roundTrip(new DataView(view.buffer, 10, 4)) as DataView;
    expect([data.byteLength, data.getUint8(3)]).toEqual([4, 7]);
  });

  it('turns class instances into plain data, by toJSON where they have one', () => {
    class Money {
      constructor(readonly amount: bigint) {}
      double(): bigint {
        return this.amount * 2n;
      }
    }
    class Temperature {
      toJSON(): { celsius: number } {
        return { celsius: 20 };
      }
    }
    const plain = roundTrip([new Money(5n), new Temperature(), new URL('https://example.org/')]);
    expect(plain).toStrictEqual([{ amount: 5n }, { celsius: 20 }, 'https://example.org/']);
  });

  it('keeps name, message and fields of an error', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E_NO' });
    expect(roundTrip(error)).toStrictEqual({ code: 'E_NO', name: 'TypeError', message: 'no' });
  });

  it('leaves methods out that are kept as fields', () => {
    expect(roundTrip({ a: 1, run: () => 2 })).toStrictEqual({ a: 1 });
  });

  it('keeps a field named __proto__ a field', () => {
    const value = roundTrip(JSON.parse('{"__proto__": {"isAdmin": true}}'));
    expect((value as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });

  it('may hold one thing twice', () => {
    const shared = { a: 1 };
    expect(roundTrip([shared, shared])).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe('a value that cannot be cached', () => {
  const circular: { self?: unknown } = {};
  circular.self = { back: circular };
  const deep: unknown[] = [];
  for (let level = 0, at = deep; level < 1_000; level++) at.push((at = []));

  it.each([
    ['a function', () => 1, /^value is a function/],
    ['a symbol', Symbol('a'), /^value is a symbol/],
    ['a Promise', { user: Promise.resolve(1) }, /^value\.user is a Promise \(await it first\)/],
    ['a RegExp', [1, /a/], /^value\[1\] is a RegExp/],
    ['a WeakMap', { a: { b: new WeakMap() } }, /^value\.a\.b is a WeakMap/],
    ['a function in a list', { a: [1, () => 2] }, /^value\.a\[1\] is a function/],
    ['a cycle', circular, /^value\.self\.back is a circular reference/],
    ['something endlessly deep', deep, /nested deeper than 500 levels/],
  ])('is %s: it is refused with a typed error that says where', (_name, value, message) => {
    expect(() => toCachedValue(value)).toThrow(UncacheableValueError);
    expect(() => toCachedValue(value)).toThrow(message);
  });
});
