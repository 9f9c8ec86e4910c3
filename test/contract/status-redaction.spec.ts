import type { LoggerService } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { Liveness } from 'nestjs-mainstay/status';
import { describe, expect, it } from 'vitest';
import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const GENEROUS_MS = 10_000;
const ROUTES = [
  '/livez',
  '/readyz',
  '/startupz',
  '/metrics',
  '/health',
  '/health/everything',
  '/status.json',
];

/** A part of every secret that is planted. */
const SECRET = 'hunter2';
const BASE64 = Buffer.from(`user:${SECRET}`).toString('base64');
const AWS_KEY = 'AKIAHUNTER2HUNTER2AB';
const PLANTED = new RegExp(`${SECRET}|${AWS_KEY}|${BASE64}`, 'i');

/** Text as drivers, proxies and people write it, with the secret in it. */
const TEXTS: Readonly<Record<string, string>> = {
  'a URL': `connect ECONNREFUSED redis://default:${SECRET}@cache.internal:6379/0`,
  'a URL whose password is not escaped': `postgres://app:${SECRET}/x#y@db.internal/app refused`,
  'a DSN of words': `cannot connect with "host=db user=app password=${SECRET} dbname=app"`,
  'a DSN of MySQL': `app:${SECRET}@tcp(db.internal:3306)/app: connection refused`,
  'a DSN without a scheme': `no route to app:${SECRET}@db.internal:5432/app`,
  'a DSN of ODBC': `Driver={X};Server=db;Uid=app;Pwd={${SECRET};${SECRET}};`,
  'a DSN of Azure': `AccountName=app;AccountKey=${SECRET}==;EndpointSuffix=x`,
  'a DSN of Sentry': `https://${SECRET}@sentry.example/42 rejected the event`,
  'a token in a query': `GET /v1?access_token=${SECRET}&page=1 failed`,
  'a signature in a query': `GET /blob?sv=2026&sig=${SECRET}&se=1 failed`,
  JSON: JSON.stringify({ user: 'app', password: `a"${SECRET}` }),
  'a bearer token': `upstream refused Bearer ${SECRET}.abc`,
  'a header': `Authorization: Bearer ${SECRET}`,
  'a header as Node.js prints it': `rawHeaders: [ 'authorization', 'Bearer ${SECRET}' ]`,
  'basic credentials': `proxy refused Basic ${BASE64}`,
  cookies: `Cookie: theme=dark; session=${SECRET}; a=${SECRET}`,
  'a key of AWS': `The key ${AWS_KEY} does not exist`,
  'a secret key of AWS': `aws_secret_access_key = ${SECRET}/abc`,
  'a JWT': `jwt malformed: eyJhbGciOiJIUzI1NiJ9.${SECRET}hunter2.${SECRET}`,
  'a token of GitHub': `remote: ghp_${SECRET}${SECRET}${SECRET} was revoked`,
  'a command': `pg_dump --password ${SECRET} -h db failed`,
  SQL: `syntax error at ALTER ROLE app PASSWORD '${SECRET}'`,
  'a private key': `bad key -----BEGIN PRIVATE KEY-----\n${SECRET}/+=\n-----END PRIVATE KEY-----`,
};

/** Everything that is logged, at every level. */
class Capturing implements LoggerService {
  readonly lines: string[] = [];
  log = this.#keep('log');
  error = this.#keep('error');
  warn = this.#keep('warn');
  debug = this.#keep('debug');
  verbose = this.#keep('verbose');
  fatal = this.#keep('fatal');

  #keep(level: string): (...words: unknown[]) => void {
    return (...words) => this.lines.push(`${level}: ${words.map(String).join(' ')}`);
  }
}

function failingWith(text: string): () => never {
  return () => {
    throw Object.assign(new Error(text, { cause: new Error(text) }), {
      code: 'ECONNREFUSED',
      url: text,
    });
  };
}

/** Where a secret stands in what was shown. */
function leaksOf(texts: readonly string[]): string[] {
  const around = new RegExp(`.{0,80}(?:${PLANTED.source}).{0,20}`, 'i');
  return texts.flatMap((text) => around.exec(text)?.[0] ?? []);
}

describe.each(PLATFORMS)('what %s shows and logs', (platform) => {
  it.each(Object.keys(TEXTS))(
    'status rule 8: no route and no line of the log holds the secret of %s',
    async (what) => {
      const text = TEXTS[what] ?? '';
      const logger = new Capturing();
      const lost = new StagedResource('lost');
      const isolated = new StagedResource('isolated');
      const neverThere = new StagedResource('never-there');
      neverThere.fault = failingWith(text);
      const telling = new StagedResource('telling');
      telling.details = { motd: text, password: `${SECRET} with spaces`, apiToken: SECRET };
      const managementPort = await freePort();
      const probes = { probeInterval: 50, probeTimeout: 1_000 };

      const texts: string[] = [];
      for (const config of [probes, { ...probes, managementPort, managementHost: '127.0.0.1' }]) {
        lost.fault = undefined;
        await using app = await startStatusApp(platform, {
          status: {
            groups: { everything: ['lost', 'isolated', 'never-there', 'telling'] },
            authorize: () => true,
            config: { ...config, details: 'always' },
          },
          resources: [lost, isolated, neverThere, telling],
          logger,
        });
        const base = 'managementPort' in config ? `http://127.0.0.1:${managementPort}` : app.url;
        const operations = app.app.get(Operations);
        const failing = operations.of(lost, { retry: false }).bind('read');
        operations.of(isolated, {}).bind('read');
        operations.find('isolated')?.breaker?.isolate(`maintenance ${text}`);
        app.app.get(Liveness).markFatal(text);
        lost.fault = failingWith(text);
        await failing.run(async () => failingWith(text)(), undefined).catch(() => undefined);

        await eventually(async () => {
          const health = await (await fetch(`${base}/health`)).text();
          expect(JSON.parse(health)).toMatchObject({
            details: {
              lost: { state: 'down' },
              isolated: { state: 'down' },
              'never-there': { state: 'down', message: expect.stringContaining('initiali') },
              telling: { details: { password: '***', apiToken: '***' } },
            },
          });
        }, GENEROUS_MS);
        for (const path of ROUTES) {
          const response = await fetch(base + path);
          texts.push(JSON.stringify([...response.headers]), await response.text());
        }
        using stream = await EventStream.open(`${base}/status/events`);
        texts.push(JSON.stringify(await stream.next()));
      }

      expect(texts.join('\n')).toContain('lost');
      expect(logger.lines.join('\n')).toContain('lost');
      expect(leaksOf(texts)).toEqual([]);
      expect(leaksOf(logger.lines)).toEqual([]);
    },
  );

  it('status rule 8: what a hook throws reaches neither the caller nor the log', async () => {
    const logger = new Capturing();
    await using app = await startStatusApp(platform, {
      status: { authorize: failingWith(TEXTS['a URL'] ?? ''), config: { details: 'always' } },
      logger,
    });
    for (const path of ['/metrics', '/health', '/status.json', '/status/events']) {
      const refused = await app.get(path);
      expect([refused.status, await refused.text()]).toEqual([
        401,
        expect.not.stringMatching(PLANTED),
      ]);
    }
    expect(logger.lines.join('\n')).toContain('authorize() failed');
    expect(leaksOf(logger.lines)).toEqual([]);
  });
});
