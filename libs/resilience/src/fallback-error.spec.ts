import { describe, expect, it } from 'vitest';
import { attachFallbackError, FALLBACK_ERROR } from './fallback-error.js';

describe('attachFallbackError', () => {
  it('gives the original, with the redacted failure of the fallback on it', () => {
    const original = new Error('away');
    const attached = attachFallbackError(original, new Error('password=hunter2'));
    expect(attached).toBe(original);
    expect(original).toMatchObject({ [FALLBACK_ERROR]: { message: 'password=***' } });
  });

  it('does not show in what is logged of the original', () => {
    const original = new Error('away');
    attachFallbackError(original, new Error('x'));
    expect(Object.keys(original)).toEqual([]);
  });

  it('replaces what an earlier call left on the same error', () => {
    const original = new Error('away');
    attachFallbackError(original, new Error('first'));
    attachFallbackError(original, new Error('second'));
    expect(original).toMatchObject({ [FALLBACK_ERROR]: { message: 'second' } });
  });

  it.each([['text'], [undefined], [null], [Object.freeze({})]])(
    'leaves alone what cannot carry it: %o',
    (original) => {
      expect(attachFallbackError(original, new Error('x'))).toBe(original);
    },
  );
});
