import { Controller, Get, type CanActivate } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { isMainstayError } from 'nestjs-mainstay/common';
import { Liveness } from 'nestjs-mainstay/status';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { rejectionOf } from '../support/rejection-of.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const GENEROUS_MS = 10_000;
const TOKEN = 'a-token-of-enough-length';
const BEARER = { authorization: `Bearer ${TOKEN}` };

/** Short, so that a lost resource is found soon. */
const OFTEN = { probeInterval: 100, probeTimeout: 50 };

@Controller('health')
class OwnHealthRoutes {
  @Get('own')
  own(): string {
    return 'own';
  }
}

class DenyEverything implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

afterEach(() => vi.unstubAllEnvs());

function refuse(): never {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

/** Holds the event loop, as a computation would. */
function holdTheLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function words(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

describe.each(PLATFORMS)('/livez on %s', (platform) => {
  it('status rule 6: answers 200 whatever its dependencies do, before and during the drain', async () => {
    const payments = new StagedResource('payments', 'critical');
    const status = { config: { ...OFTEN, drainDelay: 1_000 } };
    const app = await startStatusApp(platform, { status, resources: [payments] });
    payments.fault = refuse;
    await eventually(async () => expect((await app.get('/readyz')).status).toBe(503), GENEROUS_MS);
    expect(await words(await app.get('/livez'))).toEqual([200, { status: 'ok' }]);

    const closing = app.app.close();
    expect(await words(await app.get('/readyz'))).toEqual([503, { status: 'draining' }]);
    expect(await words(await app.get('/livez'))).toEqual([200, { status: 'ok' }]);
    await closing;
  });

  it('status rule 6: answers 503 after the event loop was held, until a heartbeat comes in time', async () => {
    await using app = await startStatusApp(platform, { status: { config: { maxStall: 300 } } });
    const body = await eventually(async () => {
      setImmediate(() => holdTheLoop(1_500));
      const response = await app.get('/livez');
      expect(response.status).toBe(503);
      return response.json();
    }, GENEROUS_MS);
    expect(body).toMatchObject({ status: 'stalled', reason: expect.stringContaining('held for') });
    expect((await app.get('/readyz')).status).toBe(200);
    await eventually(async () => expect((await app.get('/livez')).status).toBe(200), GENEROUS_MS);
  });

  it('status rule 6: answers 503 for good once the application said that it has to be restarted', async () => {
    await using app = await startStatusApp(platform);
    app.app.get(Liveness).markFatal('the licence was revoked');
    expect(await words(await app.get('/livez'))).toEqual([
      503,
      { status: 'fatal', reason: 'the licence was revoked' },
    ]);
    expect(await (await app.get('/status.json')).json()).toMatchObject({
      liveness: { status: 'fatal' },
      readiness: 'ok',
    });
  });

  it('status rule 8: the reason of /livez is shown by the rules of details, the word to everybody', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const shown = { status: 'fatal', reason: 'the licence was revoked' };
    for (const [details, open, authorized] of [
      ['never', { status: 'fatal' }, { status: 'fatal' }],
      ['when-authorized', { status: 'fatal' }, shown],
      ['always', shown, shown],
    ] as const) {
      const status = { config: { token: TOKEN, details } };
      await using app = await startStatusApp(platform, { status });
      app.app.get(Liveness).markFatal('the licence was revoked');
      expect(await words(await app.get('/livez'))).toEqual([503, open]);
      expect(await words(await app.get('/livez', BEARER))).toEqual([503, authorized]);
    }
  });
});

describe.each(PLATFORMS)('the groups of /health on %s', (platform) => {
  const groups = { payments: ['cache', 'database'], search: ['cache'] };

  it('status rule 6: /health/<group> answers for the resources of the group alone', async () => {
    const cache = new StagedResource('cache', 'critical');
    const database = new StagedResource('database', 'critical');
    await using app = await startStatusApp(platform, {
      status: { groups, config: OFTEN },
      resources: [cache, database],
    });
    expect(await words(await app.get('/health/payments'))).toMatchObject([
      200,
      { status: 'ok', details: { cache: { status: 'up' }, database: { status: 'up' } } },
    ]);

    database.fault = refuse;
    await eventually(
      async () => expect((await app.get('/health/payments')).status).toBe(503),
      GENEROUS_MS,
    );
    const [code, body] = await words(await app.get('/health/search'));
    expect(code).toBe(200);
    expect(Object.keys((body as { details: object }).details)).toEqual(['cache']);
    expect((await app.get('/health')).status).toBe(503);
  });

  it('status rule 6: an unknown group is 404, and routes of the application below /health stay', async () => {
    await using app = await startStatusApp(platform, {
      status: { groups: { search: ['cache'] } },
      resources: [new StagedResource('cache')],
      metadata: { controllers: [OwnHealthRoutes] },
    });
    expect((await app.get('/health/nothing')).status).toBe(404);
    expect((await app.get('/health/constructor')).status).toBe(404);
    expect(await (await app.get('/health/own')).text()).toBe('own');
    expect((await app.get('/health/search')).status).toBe(200);
  });

  it('status rule 6: groups follow the prefix, the guards and the path of /health', async () => {
    const status = { groups: { search: ['cache'] }, config: { healthPath: '/ops/health' } };
    const resources = [new StagedResource('cache')];
    const prepare = (nest: { setGlobalPrefix(prefix: string): unknown }) => {
      nest.setGlobalPrefix('api');
    };
    {
      await using app = await startStatusApp(platform, { status, resources, prepare });
      expect((await app.get('/api/ops/health/search')).status).toBe(200);
      expect((await app.get('/ops/health/search')).status).toBe(404);
    }
    const metadata = { providers: [{ provide: APP_GUARD, useClass: DenyEverything }] };
    await using app = await startStatusApp(platform, { status, resources, prepare, metadata });
    expect((await app.get('/api/ops/health/search')).status).toBe(403);
  });

  it('status rule 6: a group is closed in production until the token opens it', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const resources = [new StagedResource('cache')];
    const search = { search: ['cache'] };
    {
      await using app = await startStatusApp(platform, { status: { groups: search }, resources });
      expect((await app.get('/health/search')).status).toBe(404);
    }
    const status = { groups: search, config: { token: TOKEN } };
    await using app = await startStatusApp(platform, { status, resources });
    const refused = await app.get('/health/search');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await (await app.get('/health/search', BEARER)).json()).toMatchObject({
      details: { cache: { status: 'up' } },
    });
  });

  it('status rule 6: a group that names an unknown resource ends the start, with the names that exist', async () => {
    const error = await rejectionOf(
      startStatusApp(platform, {
        status: { groups: { payments: ['cache', 'databse'] } },
        resources: [new StagedResource('cache'), new StagedResource('database')],
      }),
    );
    expect(isMainstayError(error, 'STATUS_HEALTH_GROUPS')).toBe(true);
    expect((error as Error).message).toContain('"payments" names "databse"');
    expect((error as Error).message).toContain('Registered: cache, database.');
  });
});
