import { describe, expect, it } from 'vitest';
import { InvalidCacheKeyError, InvalidCacheTagError } from '../cache.errors.js';
import { checkKey, checkTags, isCacheKey, MAX_KEY_BYTES } from './check-key.js';

describe('a cache key', () => {
  it.each(['a', ' ', 'user:42', 'ключ', 'k'.repeat(MAX_KEY_BYTES), 'é'.repeat(MAX_KEY_BYTES / 2)])(
    'may be %s',
    (key) => {
      expect(() => checkKey(key)).not.toThrow();
      expect(isCacheKey(key)).toBe(true);
    },
  );

  it.each([
    ['', /empty/],
    ['k'.repeat(MAX_KEY_BYTES + 1), /1025 bytes long/],
    ['é'.repeat(MAX_KEY_BYTES / 2 + 1), /1026 bytes long/],
    [undefined, /of type undefined/],
    [null, /null/],
    [42, /of type number/],
  ])('may not be %s', (key, reason) => {
    expect(() => checkKey(key as string)).toThrow(InvalidCacheKeyError);
    expect(() => checkKey(key as string)).toThrow(reason);
  });

  it('does not appear in the error that refuses it: it may name a person', () => {
    const key = `user:jane.doe@example.org:${'x'.repeat(MAX_KEY_BYTES)}`;
    expect(() => checkKey(key)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('jane') as string }) as Error,
    );
  });
});

describe('a cache tag', () => {
  it('follows the same rules, with its own error', () => {
    expect(() => checkTags(['users', 'tenant:1'])).not.toThrow();
    expect(() => checkTags(['users', ''])).toThrow(InvalidCacheTagError);
  });
});
