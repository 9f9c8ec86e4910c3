import { describe, expect, it } from 'vitest';
import { isSentinelUrl, parseSentinelAddress } from './sentinel-address.js';

const plain = { tls: false, database: 0 };

describe('parseSentinelAddress', () => {
  it('reads a list of sentinels, in its order', () => {
    expect(
      parseSentinelAddress('redis-sentinel://h1:5000,h2,[::1]:5001/3?name=mymaster', 'cache'),
    ).toEqual({
      master: 'mymaster',
      sentinels: [
        { ...plain, host: 'h1', port: 5_000 },
        { ...plain, host: 'h2', port: 26_379 },
        { ...plain, host: '::1', port: 5_001 },
      ],
      login: { tls: false, database: 3 },
    });
  });

  it('keeps the login of the master from the one of the sentinels', () => {
    const url =
      'rediss-sentinel://app:p%40ss+1@h1/0?sentinelPassword=a%26b+c&name=m&sentinelUsername=eye';
    expect(parseSentinelAddress(url, 'cache')).toEqual({
      master: 'm',
      sentinels: [
        {
          tls: true,
          database: 0,
          host: 'h1',
          port: 26_379,
          username: 'eye',
          password: 'a&b+c',
        },
      ],
      login: { tls: true, database: 0, username: 'app', password: 'p@ss+1' },
    });
  });

  it('gives the sentinels no login that is the master’s', () => {
    const { sentinels } = parseSentinelAddress('redis-sentinel://:secret@h1?name=m', 'cache');
    expect(sentinels).toEqual([{ ...plain, host: 'h1', port: 26_379 }]);
  });

  it.each([
    ['redis-sentinel://:hunter2@h1,h2/0', /\?name=mymaster/],
    ['redis-sentinel://:hunter2@h1/0?name=', /\?name=mymaster/],
    ['redis-sentinel://:hunter2@/0?name=m', /cannot be read/],
    ['redis-sentinel:hunter2', /cannot be read/],
    ['redis-sentinel://:hunter2/x@h1?name=m', /must be a number/],
    ['redis-sentinel://:hunter2@h1,,h2?name=m', /cannot be read|no host/],
    ['redis-sentinel://:hunter2@h1:99999?name=m', /cannot be read/],
    ['redis-sentinel://:hunter2@h1/zero?name=m', /must be a number/],
    ['redis-sentinel://:hunter2@h1?name=m#x', /cannot be read/],
    ['redis-sentinel://h1?name=m&password=hunter2', /name, sentinelUsername and sentinelPassword/],
    ['redis-sentinel://h1?name=m&name=hunter2', /each once/],
    ['redis-sentinel://h1?name=m&sentinelPassword=hunter2%zz', /%25/],
    ['redis-sentinel://h1?name=m&sentinelPassword=a=hunter2', /%3D/],
  ])('refuses %s with an error that tells no secret', (url, message) => {
    let error: unknown;
    try {
      parseSentinelAddress(url, 'cache:sessions');
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

describe('isSentinelUrl', () => {
  it.each([
    ['redis-sentinel://h1?name=m', true],
    ['rediss-sentinel://h1?name=m', true],
    ['redis://redis-sentinel:1', false],
    ['memory:', false],
  ])('%s: %s', (url, expected) => {
    expect(isSentinelUrl(url)).toBe(expected);
  });
});
