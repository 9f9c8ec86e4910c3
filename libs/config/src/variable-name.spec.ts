import { describe, expect, it } from 'vitest';
import { variableName, variablePrefix } from './variable-name.js';

describe('variableName', () => {
  it.each([
    ['cache', undefined, 'url', 'CACHE_URL'],
    ['cache', undefined, 'maxEntries', 'CACHE_MAX_ENTRIES'],
    ['cache', 'sessions', 'maxEntries', 'CACHE_SESSIONS_MAX_ENTRIES'],
    ['cache', 'user-sessions', 'ttl', 'CACHE_USER_SESSIONS_TTL'],
    ['paymentApi', undefined, 'timeoutMs', 'PAYMENT_API_TIMEOUT_MS'],
  ])('reads %s, %s, %s from %s', (namespace, instance, key, expected) => {
    expect(variableName(namespace, instance, key)).toBe(expected);
  });
});

describe('variablePrefix', () => {
  it('is what all variables of an instance begin with', () => {
    expect(variablePrefix('cache', undefined)).toBe('CACHE_');
    expect(variablePrefix('cache', 'sessions')).toBe('CACHE_SESSIONS_');
  });
});
