import { describe, expect, it } from 'vitest';
import { entityTagOf, isSameStrongly, isSameWeakly, parseEntityTags } from './entity-tag.js';

describe('entityTagOf', () => {
  it('makes a strong tag that differs when the representation does', () => {
    expect(entityTagOf('a')).toMatch(/^"[\w-]{43}"$/);
    expect(entityTagOf('a')).toBe(entityTagOf('a'));
    expect(entityTagOf('a')).not.toBe(entityTagOf('b'));
  });
});

describe('parseEntityTags', () => {
  it.each([
    ['"a"', ['"a"']],
    ['W/"a"', ['W/"a"']],
    ['"a", W/"b" ,"c"', ['"a"', 'W/"b"', '"c"']],
    ['"a,b", "c"', ['"a,b"', '"c"']],
    [', "a",, ', ['"a"']],
    ['""', ['""']],
    ['"ÿ"', ['"ÿ"']],
    ['', []],
  ])('reads %j', (list, tags) => {
    expect(parseEntityTags(list)).toEqual(tags);
  });

  it.each(['a', '"a', 'w/"a"', '"a" "b"', '*', '"a", b', '"a b"'])('refuses %j', (list) => {
    expect(parseEntityTags(list)).toBeUndefined();
  });
});

/** The table of RFC 9110, 8.8.3.2. */
describe.each([
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', '"1"', true, true],
])('%s and %s', (one, other, strongly, weakly) => {
  it(`are the same strongly: ${strongly}, weakly: ${weakly}`, () => {
    expect(isSameStrongly(one, other)).toBe(strongly);
    expect(isSameWeakly(one, other)).toBe(weakly);
  });
});
