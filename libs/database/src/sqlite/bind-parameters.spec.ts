import { describe, expect, it } from 'vitest';
import { bindParameters } from './bind-parameters.js';

describe('bindParameters', () => {
  it('passes what SQLite stores, and turns booleans and undefined into what it stores', () => {
    const bytes = Buffer.from('x');
    expect(bindParameters(['a', 1.5, 7n, null, bytes, true, false, undefined])).toEqual([
      'a',
      1.5,
      7n,
      null,
      bytes,
      1,
      0,
      null,
    ]);
  });

  it('refuses a bigint of more than 64 bits, which the engine would cut', () => {
    expect(() => bindParameters([2n ** 63n])).toThrow(
      'Parameter 1 is a bigint of more than 64 bits',
    );
    expect(bindParameters([2n ** 63n - 1n, -(2n ** 63n)])).toHaveLength(2);
  });

  it.each([
    [new Date(0), 'Date'],
    [{ secret: 'hunter2' }, 'Object'],
    [Object.create(null), 'object'],
    [Symbol('s'), 'symbol'],
  ])('names the position and the type of what cannot be bound, never the value', (value, type) => {
    expect(() => bindParameters([1, value])).toThrow(`Parameter 2 is a ${type};`);
    expect(() => bindParameters([1, value])).not.toThrow('hunter2');
  });
});
