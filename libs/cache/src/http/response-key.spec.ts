import { describe, expect, it } from 'vitest';
import { responseKey } from './response-key.js';

const anonymous = { headers: { host: 'a.example' } };
const withCookie = { headers: { host: 'a.example', cookie: 'sid=1' } };
const withToken = { headers: { host: 'a.example', authorization: 'Bearer x' } };

describe('cache rule 21: the key of a response', () => {
  it('is made of host and URL', () => {
    expect(responseKey(anonymous, '/a?b=1', {})).toBe('http:all::a.example/a?b=1');
  });

  it.each([withCookie, withToken])('is refused to a request with credentials: %j', (request) => {
    expect(responseKey(request, '/a', {})).toBeUndefined();
    expect(responseKey(request, '/a', { key: () => 'own' })).toBeUndefined();
    expect(responseKey(request, '/a', { principal: () => undefined })).toBeUndefined();
  });

  it('is given to a request with credentials when it includes the principal', () => {
    const principal = (): string => 'user:1';
    expect(responseKey(withToken, '/a', { principal })).toBe('http:for:user%3A1:a.example/a');
    expect(responseKey(withCookie, '/a', { principal, key: () => 'own' })).toBe(
      'http:for:user%3A1:own',
    );
  });

  it('differs for each principal, whatever the URL', () => {
    const keyOf = (principal: string, url: string): string | undefined =>
      responseKey({ headers: {} }, url, { principal: () => principal });
    expect(keyOf('a', '/x')).not.toBe(keyOf('b', '/x'));
    expect(keyOf('a', ':b:/x')).not.toBe(keyOf('a:', 'b:/x'));
    expect(keyOf('', '/x')).not.toBe(responseKey({ headers: {} }, '/x', {}));
  });

  it('is refused to a URL that is too long', () => {
    expect(responseKey(anonymous, `/${'x'.repeat(2_000)}`, {})).toBeUndefined();
  });
});
