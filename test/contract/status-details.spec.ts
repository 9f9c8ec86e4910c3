import type { StatusDetails, StatusModuleOptions } from 'nestjs-mainstay/status';
import { Liveness } from 'nestjs-mainstay/status';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from '../support/event-stream.js';
import { freePort } from '../support/free-port.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const TOKEN = 'a-token-of-enough-length';
const DETAIL = 'version-of-the-cache';

/** What opens the routes, and how a request shows that it may see them. */
const OPENERS: Readonly<Record<string, Pick<StatusModuleOptions, 'authorize' | 'config'>>> = {
  nothing: {},
  token: { config: { token: TOKEN } },
  hook: { authorize: (request) => headersOf(request)['x-internal'] === 'yes' },
};
const REQUESTS: Readonly<Record<string, Record<string, string>>> = {
  'shows nothing': {},
  'shows a wrong token': { authorization: 'Bearer wrong-token-of-length' },
  'shows the token': { authorization: `Bearer ${TOKEN}` },
  'satisfies the hook': { 'x-internal': 'yes' },
};

const CLOSED = ['/metrics', '/health', '/health/all', '/status.json', '/status/events'];
const PROBES = { '/livez': 503, '/readyz': 200, '/startupz': 200 };

function headersOf(request: unknown): Readonly<Record<string, unknown>> {
  return (request as { headers: Readonly<Record<string, unknown>> }).headers;
}

/** What rule 6 says of the status of a route that is not public. */
function expectedStatus(environment: string, opener: string, request: string): number {
  if (opener === 'nothing') return environment === 'production' ? 404 : 200;
  return isAuthorized(opener, request) ? 200 : 401;
}

function isAuthorized(opener: string, request: string): boolean {
  if (request === 'shows the token') return opener === 'token';
  return request === 'satisfies the hook' && opener === 'hook';
}

/** What rule 8 says of details: `undefined` is the default. */
function expectsDetails(
  environment: string,
  details: StatusDetails | undefined,
  authorized: boolean,
): boolean {
  const policy = details ?? (environment === 'production' ? 'never' : 'always');
  return policy === 'always' || (policy === 'when-authorized' && authorized);
}

async function read(
  url: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string }> {
  if (!url.endsWith('/status/events')) {
    const response = await fetch(url, { headers });
    return { status: response.status, text: await response.text() };
  }
  using stream = await EventStream.open(url, headers);
  const status = stream.response.statusCode ?? 0;
  return { status, text: status === 200 ? JSON.stringify(await stream.next()) : '' };
}

afterEach(() => vi.unstubAllEnvs());

describe.each([...PLATFORMS, 'the management port'] as const)('who sees what on %s', (server) => {
  const cases = ['production', 'development'].flatMap((environment) =>
    Object.keys(OPENERS).flatMap((opener) =>
      [undefined, 'never', 'when-authorized', 'always'].map(
        (details) => [environment, opener, details as StatusDetails | undefined] as const,
      ),
    ),
  );

  it.each(cases)(
    'status rule 8: in %s, opened by %s, with details %s: every route, every kind of request',
    async (environment, opener, details) => {
      vi.stubEnv('NODE_ENV', environment);
      const managementPort = server === 'the management port' ? await freePort() : undefined;
      const { authorize, config } = OPENERS[opener] ?? {};
      const cache = new StagedResource('cache');
      cache.details = { version: DETAIL };
      await using app = await startStatusApp(
        managementPort === undefined ? (server as 'express') : 'express',
        {
          status: {
            groups: { all: ['cache'] },
            ...(authorize && { authorize }),
            config: {
              ...config,
              probeInterval: 50,
              ...(details && { details }),
              ...(managementPort !== undefined && { managementPort, managementHost: '127.0.0.1' }),
            },
          },
          resources: [cache],
        },
      );
      const base = managementPort === undefined ? app.url : `http://127.0.0.1:${managementPort}`;
      await vi.waitFor(() => expect(cache.probes).toBeGreaterThan(1), 10_000);
      app.app.get(Liveness).markFatal(DETAIL);

      for (const [request, headers] of Object.entries(REQUESTS)) {
        const shown = expectsDetails(environment, details, isAuthorized(opener, request));
        for (const path of CLOSED) {
          const { status, text } = await read(base + path, headers);
          const expected = expectedStatus(environment, opener, request);
          expect([request, path, status]).toEqual([request, path, expected]);
          if (path === '/metrics') continue;
          const hasDetails = text.includes(DETAIL);
          expect([request, path, hasDetails]).toEqual([request, path, shown && expected === 200]);
        }
        for (const [path, expected] of Object.entries(PROBES)) {
          const { status, text } = await read(base + path, headers);
          expect([request, path, status]).toEqual([request, path, expected]);
          expect([request, path, text.includes(DETAIL)]).toEqual([
            request,
            path,
            shown && path === '/livez',
          ]);
        }
      }
    },
  );
});
