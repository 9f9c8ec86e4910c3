import { describe, expect, it } from 'vitest';
import { parseRedisAddress } from './redis-address.js';

describe('parseRedisAddress', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6_379, tls: false, database: 0 }],
    ['redis://localhost:7000/', { host: 'localhost', port: 7_000, tls: false, database: 0 }],
    [
      'rediss://cache.example:7000/3',
      { host: 'cache.example', port: 7_000, tls: true, database: 3 },
    ],
    ['redis://[::1]:7000/0', { host: '::1', port: 7_000, tls: false, database: 0 }],
    [
      'redis://user:p%40ss%3Aw%2Frd@host/1',
      {
        host: 'host',
        port: 6_379,
        tls: false,
        database: 1,
        username: 'user',
        password: 'p@ss:w/rd',
      },
    ],
    [
      'redis://:secret@host',
      { host: 'host', port: 6_379, tls: false, database: 0, password: 'secret' },
    ],
  ])('reads %s', (url, address) => {
    expect(parseRedisAddress(url, 'cache')).toEqual(address);
  });

  it.each([
    ['redis://user:hunter2@', /cannot be read|names no host/],
    ['redis://:hunter2/x@host', /cannot be read/],
    ['redis:hunter2', /names no host/],
    ['redis://:hunter2@host/zero', /must be a number/],
    ['redis://:hunter2@host/-1', /must be a number/],
    ['redis://:hunter2@host/0?tls=true', /nothing after the database/],
    ['redis://:hunter2@host/0#x', /nothing after the database/],
    ['redis://:hunter2%zz@host', /%25/],
    ['redis://:hunter2@host:99999', /cannot be read/],
  ])('refuses %s with an error that tells no secret', (url, message) => {
    let error: unknown;
    try {
      parseRedisAddress(url, 'cache:sessions');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'CACHE_CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
      classification: { kind: 'permanent', reason: 'configuration' },
    });
    expect(String(error) + JSON.stringify(error)).not.toContain('hunter2');
    expect(String(error)).toContain('cache:sessions');
  });
});
