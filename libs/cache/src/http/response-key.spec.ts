import { Controller, Version } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { responseKey, routeOf } from './response-key.js';

const anonymous = { headers: { host: 'a.example' } };
const withCookie = { headers: { host: 'a.example', cookie: 'sid=1' } };
const withToken = { headers: { host: 'a.example', authorization: 'Bearer x' } };

describe('cache rule 21: the key of a response', () => {
  it('is made of handler, host and URL', () => {
    expect(responseKey(anonymous, '/a?b=1', 'C.h@', {})).toBe('http:all::C.h@:a.example/a?b=1');
  });

  it.each([withCookie, withToken])('is refused to a request with credentials: %j', (request) => {
    expect(responseKey(request, '/a', 'C.h@', {})).toBeUndefined();
    expect(responseKey(request, '/a', 'C.h@', { key: () => 'own' })).toBeUndefined();
    expect(responseKey(request, '/a', 'C.h@', { principal: () => undefined })).toBeUndefined();
  });

  it('is given to a request with credentials when it includes the principal', () => {
    const principal = (): string => 'user:1';
    expect(responseKey(withToken, '/a', 'C.h@', { principal })).toBe(
      'http:for:user%3A1:C.h@:a.example/a',
    );
    expect(responseKey(withCookie, '/a', 'C.h@', { principal, key: () => 'own' })).toBe(
      'http:for:user%3A1:own',
    );
  });

  it('differs for each principal, whatever the URL', () => {
    const keyOf = (principal: string, url: string): string | undefined =>
      responseKey({ headers: {} }, url, 'C.h@', { principal: () => principal });
    expect(keyOf('a', '/x')).not.toBe(keyOf('b', '/x'));
    expect(keyOf('a', ':b:/x')).not.toBe(keyOf('a:', 'b:/x'));
    expect(keyOf('', '/x')).not.toBe(responseKey({ headers: {} }, '/x', 'C.h@', {}));
  });

  it('differs for each version of a handler', () => {
    class Cats {
      @Version('1')
      one() {}

      @Version('2')
      two() {}
    }
    const routes = [Cats.prototype.one, Cats.prototype.two].map((handler) =>
      routeOf(Cats, handler),
    );
    expect(routes).toEqual(['Cats.one@1', 'Cats.two@2']);
    const keys = routes.map((route) => responseKey(anonymous, '/cats', route, {}));
    expect(new Set(keys).size).toBe(2);
  });

  it('takes the version of the controller where the handler has none', () => {
    @Controller({ version: '3' })
    class Cats {
      all() {}
    }
    expect(routeOf(Cats, Cats.prototype.all)).toBe('Cats.all@3');
  });

  it('is refused to a URL that is too long', () => {
    expect(responseKey(anonymous, `/${'x'.repeat(2_000)}`, 'C.h@', {})).toBeUndefined();
  });
});
