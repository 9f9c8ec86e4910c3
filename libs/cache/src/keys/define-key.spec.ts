import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { CacheKey } from './cache-key.js';
import { defineKey } from './define-key.js';

interface User {
  readonly id: string;
}

describe('cache rule 19: defineKey', () => {
  it('makes readable keys', () => {
    expect(defineKey<[string], User>('user')('42')).toBe('user:42');
    expect(defineKey<[], User>('settings')()).toBe('settings');
  });

  it('types the value of a key', () => {
    const userKey = defineKey<[id: string], User>('user');
    expectTypeOf(userKey('42')).toEqualTypeOf<CacheKey<User>>();
    expectTypeOf(userKey).parameters.toEqualTypeOf<[id: string]>();
  });

  it('never gives one key for two argument lists', () => {
    const key = defineKey<(string | number | boolean | null | undefined | bigint)[], unknown>('k');
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('~', ':', '%', '~1', 'null', '~null', '1n', '%3A'),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.bigInt(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), fc.array(part, { maxLength: 3 }), (a, b) => {
        fc.pre(!sameParts(a, b));
        expect(key(...a)).not.toBe(key(...b));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [['a:b'], ['a', 'b']],
    [['1'], [1]],
    [[''], []],
    [['null'], [null]],
    [[1], [1n]],
    [['~1'], [1]],
  ])('keeps the arguments of %# apart', (a, b) => {
    const key = defineKey<(string | number | bigint | null)[], unknown>('k');
    expect(key(...a)).not.toBe(key(...b));
  });
});

function sameParts(a: readonly unknown[], b: readonly unknown[]): boolean {
  // -0 and 0 name the same thing.
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
