import { describe, expect, it } from 'vitest';
import { sizeOf } from './size-of.js';

describe('cache rule 5: the estimate of the bytes of a value', () => {
  it.each<[string, unknown, number]>([
    ['a number', 1.5, 8],
    ['true', true, 8],
    ['null', null, 8],
    ['undefined', undefined, 8],
    ['a text of Latin 1', 'é'.repeat(100), 124],
    ['any other text', '€'.repeat(100), 224],
    ['an array of numbers', [1, 2, 3], 48],
    ['an object', { id: 1, name: 'x'.repeat(10) }, 74],
    ['objects in it', { a: { b: {} } }, 88],
    ['a Date', new Date(5), 40],
    ['a Buffer', Buffer.alloc(1_000), 1_096],
    ['an ArrayBuffer', new ArrayBuffer(1_000), 1_096],
    ['a Set', new Set([1, 2]), 104],
    ['a Map', new Map([['a', 1]]), 97],
    ['a bigint', 2n ** 64n, 33],
  ])('%s', (_what, value, bytes) => {
    expect(sizeOf(value)).toBe(bytes);
  });
});
