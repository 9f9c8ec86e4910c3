import { describe, expect, it } from 'vitest';
import { redactText } from './redact-text.js';
import { SystemClock } from './system-clock.js';

describe('redactText', () => {
  it.each([
    ['redis://user:hunter2@host:6379/0', 'redis://***@host:6379/0'],
    ['redis://:hunter2@host', 'redis://***@host'],
    ['postgres://hunter2@host/db', 'postgres://***@host/db'],
    ['postgres://user:hun/ter2@host/db', 'postgres://***@host/db'],
    ['postgres://user:hun#te?r2@host/db', 'postgres://***@host/db'],
    ['postgres://user:hun@ter2@host/db', 'postgres://***@host/db'],
    [
      'connect to redis://a:hunter2@h1/0 or redis://b:hunter2@h2',
      'connect to redis://***@h1/0 or redis://***@h2',
    ],
    ['password=hunter2 host=x', 'password=*** host=x'],
    ['"password": "hunter2", "host": "x"', '"password": ***, "host": "x"'],
    ['PGPASSWORD=hunter2', 'PGPASSWORD=***'],
    ['sslpassword=hunter2', 'sslpassword=***'],
    ['?accessKeyId=hunter2&region=x', '?accessKeyId=***&region=x'],
    ['secretAccessKey: hunter2', 'secretAccessKey: ***'],
    ['AWS_SECRET_ACCESS_KEY=hunter2', 'AWS_SECRET_ACCESS_KEY=***'],
    ['X-Amz-Signature=hunter2&x=1', 'X-Amz-Signature=***&x=1'],
    ['Authorization: Bearer hunter2', 'Authorization: ***'],
    ["api_key='hunter2 hunter2'", 'api_key=***'],
    ['AccountKey=hunter2;x', 'AccountKey=***;x'],
  ])('masks the secret in %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'connect ECONNREFUSED 127.0.0.1:6379',
    'https://example.com/a?b=c#d',
    'https://example.com:8080/@scope/package',
    'the token was refused',
    'mail someone@example.com',
  ])('leaves %s as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['a long chain of dotted names', 'a.'.repeat(50_000)],
    ['a long chain of dashes', 'a-'.repeat(50_000)],
    ['many schemes in one word', 'a://b:'.repeat(10_000)],
  ])('takes little time over %s', (_what, text) => {
    const clock = new SystemClock();
    const start = clock.now();
    redactText(text);
    expect(clock.now() - start).toBeLessThan(1_000);
  });
});
