import { describe, expect, it } from 'vitest';
import { toCachedValue } from './cached-value.js';
import { taggedJson } from './tagged-json.js';

function through(value: unknown): unknown {
  return taggedJson.decode(taggedJson.encode(toCachedValue(value).data));
}

describe('cache rule 18: the codec of values', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['0', 0],
    ['-0', -0],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['an empty string', ''],
    ['text outside of ASCII', 'ü 漢 😀 \u0000 \u2028 \ud800'],
    ['text that looks like a mark', '{"$":["date",0]}'],
    ['false', false],
    ['a BigInt', -12345678901234567890n],
    ['a Date', new Date('2026-02-03T04:05:06.789Z')],
    ['an invalid Date', new Date(NaN)],
    ['an empty Map', new Map()],
    [
      'a Map with keys of all kinds',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Map([[1n, undefined]])],
        [NaN, null],
      ]),
    ],
    ['a Set', new Set([new Set([1]), 'a', undefined])],
    ['a Buffer', Buffer.from([0, 1, 254, 255])],
    ['an empty Buffer', Buffer.alloc(0)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['a DataView', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ['an Int8Array', new Int8Array([-1, 1])],
    ['a Uint8Array', new Uint8Array([255])],
    ['a Uint8ClampedArray', new Uint8ClampedArray([255])],
    ['an Int16Array', new Int16Array([-300])],
    ['a Uint16Array', new Uint16Array([60_000])],
    ['an Int32Array', new Int32Array([-70_000])],
    ['a Uint32Array', new Uint32Array([4e9])],
    ['a Float32Array', new Float32Array([0.5, NaN])],
    ['a Float64Array', new Float64Array([Math.PI, -0])],
    ['a BigInt64Array', new BigInt64Array([-1n])],
    ['a BigUint64Array', new BigUint64Array([2n ** 63n])],
    ['an empty object', {}],
    ['fields that are undefined', { a: undefined, b: [undefined] }],
    ['a field named like the mark', { $: ['date', 0], nested: { $: { $: 1 } } }],
    ['a field named __proto__', JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
    ['deep nesting', [[[[{ a: [new Date(1), { b: new Map([['c', [1n]]]) }] }]]]]],
  ])('gives %s back as it was', (_name, value) => {
    const decoded = through(value);
    expect(decoded).toStrictEqual(value);
    expect(Object.prototype.toString.call(decoded)).toBe(Object.prototype.toString.call(value));
  });

  it('does not let a field named __proto__ become a prototype', () => {
    const decoded = through(JSON.parse('{"a":{"__proto__":{"isAdmin":true},"$":1}}')) as {
      a: object;
    };
    expect('isAdmin' in decoded.a).toBe(false);
    expect(Object.hasOwn(decoded.a, '__proto__')).toBe(true);
  });

  it('gives views their own memory, aligned as their type needs', () => {
    const decoded = through({ a: Buffer.from('x'), b: new Float64Array([1, 2]) }) as {
      b: Float64Array;
    };
    expect(decoded.b.byteOffset % 8).toBe(0);
    expect(decoded.b.buffer.byteLength).toBe(16);
  });

  it('takes as deep a value as the cache does', () => {
    let value: unknown = 1n;
    for (let depth = 0; depth < 499; depth++) value = [value];
    expect(through(value)).toStrictEqual(value);
  });

  it('writes ordinary data as ordinary JSON', () => {
    expect(taggedJson.encode({ a: [1, 'b', null, true] })).toBe('{"a":[1,"b",null,true]}');
  });

  it.each(['', '{', '{"$":["Quaternion","AA=="]}', '{"$":["bigint","x"]}', '{"$":1}'])(
    'refuses %j, which it did not write',
    (text) => {
      expect(() => taggedJson.decode(text)).toThrow();
    },
  );
});
