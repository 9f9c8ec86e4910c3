import { describe, expect, it } from 'vitest';
import { redactNamed, redactText } from './redact-text.js';
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
    ['{"password":"a\\"hunter2"}', '{"password":***}'],
    ['Pwd={hunter2;hunter2};x', 'Pwd=***;x'],
    ["ALTER ROLE x PASSWORD 'hunter2'", 'ALTER ROLE x PASSWORD ***'],
    ['?sv=1&sig=hunter2&se=1', '?sv=1&sig=***&se=1'],
    ['root:hunter2@tcp(db:3306)/x', '***@tcp(db:3306)/x'],
    ['no route to app:hunter2@db:5432', 'no route to ***@db:5432'],
    ["[ 'authorization', 'Bearer hunter2' ]", "[ 'authorization', 'Bearer ***' ]"],
    ['proxy refused Basic dXNlcjpodW50ZXIy', 'proxy refused Basic ***'],
    ['Cookie: a=b; session=hunter2', 'Cookie: ***'],
    ['pg_dump --password hunter2 -h db', 'pg_dump --password *** -h db'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key ***'],
    ['eyJhbGciOiJI.eyJzdWIihunter2.hunter2', '***'],
    ['ghp_hunter2hunter2hunter2', '***'],
    ['sk_live_hunter2hunter2', '***'],
    ['Authorization: Token hunter2', 'Authorization: ***'],
    ['Proxy-Authorization: Negotiate hunter2==', 'Proxy-Authorization: ***'],
    [
      String.raw`{\"password\":\"hunter2 hunter2\",\"a\":1}`,
      String.raw`{\"password\":***,\"a\":1}`,
    ],
    ["password => 'hunter2'", 'password => ***'],
    ["password='it''s hunter2' host=x", 'password=*** host=x'],
    ["password='' host='x'", "password=*** host='x'"],
    ["CREATE USER x IDENTIFIED BY 'hunter2'", 'CREATE USER x IDENTIFIED BY ***'],
    ['sk-proj-hunter2hunter2hunter2', '***'],
    [
      '-----BEGIN PRIVATE KEY-----\nhunter2/+=\n-----END PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----***',
    ],
  ])('masks the secret in %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'connect ECONNREFUSED 127.0.0.1:6379',
    'https://example.com/a?b=c#d',
    'https://example.com:8080/@scope/package',
    'the token was refused',
    'mail someone@example.com',
    'Basic Authentication is required',
    'the bearer token expired',
    'at run (file:///app/node_modules/.pnpm/x@1.0/index.js:10:5)',
    'the password was wrong',
    'a design of 3 pages: design=x',
  ])('leaves %s as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['a long chain of dotted names', 'a.'.repeat(50_000)],
    ['a long chain of dashes', 'a-'.repeat(50_000)],
    ['many schemes in one word', 'a://b:'.repeat(10_000)],
    ['many names of secrets', 'password '.repeat(20_000)],
    ['many quotes that open', 'pass="'.repeat(20_000)],
    ['much space after a name', `pass${' '.repeat(100_000)}`],
    ['many options', '--key '.repeat(20_000)],
    ['many schemes of authentication', 'Bearer '.repeat(20_000)],
    ['many colons', 'a:'.repeat(50_000)],
    ['many braces that open', 'pass={ '.repeat(40_000)],
    ['many beginnings of tokens', 'eyJaaaaaaaa-'.repeat(20_000)],
    ['many private keys that do not end', '-----BEGIN PRIVATE KEY-----'.repeat(5_000)],
  ])('takes little time over %s', (_what, text) => {
    const clock = new SystemClock();
    const start = clock.now();
    redactText(text);
    expect(clock.now() - start).toBeLessThan(1_000);
  });
});

describe('redactNamed', () => {
  it.each([
    ['password', 'hunter2 with spaces', '***'],
    ['apiToken', 'hunter2', '***'],
    ['version', '7.2', '7.2'],
    ['url', 'redis://u:hunter2@h', 'redis://***@h'],
    ['passengers', '3', '3'],
  ])('of %s shows "%s" as "%s"', (name, value, expected) => {
    expect(redactNamed(name, value)).toBe(expected);
  });
});
