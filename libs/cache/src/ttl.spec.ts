import { describe, expect, it } from 'vitest';
import { InvalidCacheTtlError } from './cache.errors.js';
import { jitterTtl, parseTtl } from './ttl.js';

describe('cache rule 17: a TTL', () => {
  it.each([
    [1_500, 1_500],
    ['5m', 300_000],
    ['250ms', 250],
    [0, 0],
    [Infinity, Infinity],
  ])('of %s is %s ms', (ttl, expected) => {
    expect(parseTtl(ttl)).toBe(expected);
  });

  it.each([-1, NaN, -Infinity, '', 'soon', '5 parsecs', '-5m', null, true, {}, [], 5n])(
    'of %s is refused at once, with a typed error',
    (ttl) => {
      expect(() => parseTtl(ttl as unknown as number)).toThrow(InvalidCacheTtlError);
    },
  );

  it('says in its error what is allowed', () => {
    expect(() => parseTtl('soon')).toThrow(/'soon' is no time to live.*'5m', 0 .* Infinity/);
  });

  it('is spread by up to 10 % for loaded entries', () => {
    expect(jitterTtl(1_000, 0)).toBe(900);
    expect(jitterTtl(1_000, 0.5)).toBe(1_000);
    expect(jitterTtl(1_000, 0.999_999)).toBeCloseTo(1_100, 2);
    expect(jitterTtl(Infinity, 0.3)).toBe(Infinity);
  });
});
