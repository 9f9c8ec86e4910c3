import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Injectable, Module, type CanActivate, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { isMainstayError } from 'nestjs-mainstay/common';
import { Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { StatusModule } from 'nestjs-mainstay/status';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from '../support/event-stream.js';
import { freePort } from '../support/free-port.js';
import { rejectionOf } from '../support/rejection-of.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const TOKEN = 'a-token-of-enough-length';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const ROUTES = [
  '/livez',
  '/readyz',
  '/startupz',
  '/metrics',
  '/health',
  '/health/search',
  '/status.json',
  '/status/events',
];
const PROBES = ['/livez', '/readyz', '/startupz'];

class DenyEverything implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

let managementPort: number;
let management: string;

/** Another one for each application: `fetch` keeps connections to the one before. */
async function chooseManagementPort(): Promise<void> {
  managementPort = await freePort();
  management = `http://127.0.0.1:${managementPort}`;
}

beforeEach(chooseManagementPort);

afterEach(() => vi.unstubAllEnvs());

function onManagementPort(config: object = {}) {
  return {
    groups: { search: ['cache'] },
    config: { managementPort, managementHost: '127.0.0.1', ...config },
  };
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
}

async function statusesOf(base: string, paths: readonly string[], headers = {}): Promise<object> {
  const statuses = paths.map(async (path) => [path, await statusOf(base + path, headers)] as const);
  return Object.fromEntries(await Promise.all(statuses));
}

const all = (paths: readonly string[], status: number): object =>
  Object.fromEntries(paths.map((path) => [path, status]));

describe.each(PLATFORMS)('the management port beside %s', (platform) => {
  const resources = () => [new StagedResource('cache')];

  it('status rule 6: serves every route, without the prefix and the guards; the port of the app serves none', async () => {
    await using app = await startStatusApp(platform, {
      status: onManagementPort(),
      resources: resources(),
      metadata: { providers: [{ provide: APP_GUARD, useClass: DenyEverything }] },
      prepare: (nest) => nest.setGlobalPrefix('api'),
    });
    expect(await statusesOf(management, ROUTES)).toEqual(all(ROUTES, 200));
    expect(await statusesOf(app.url, ROUTES)).toEqual(all(ROUTES, 404));
    expect(await statusesOf(`${app.url}/api`, ROUTES)).toEqual(all(ROUTES, 404));
    expect(await statusOf(`${management}/hello`)).toBe(404);
    expect(await statusOf(`${management}/health/nothing`)).toBe(404);
  });

  it('status rule 6: the probes stay on the port of the app where that is asked for', async () => {
    await using app = await startStatusApp(platform, {
      status: onManagementPort({ probesOnMainPort: true }),
      resources: resources(),
    });
    expect(await statusesOf(management, PROBES)).toEqual(all(PROBES, 200));
    expect(await statusesOf(app.url, PROBES)).toEqual(all(PROBES, 200));
    expect(await statusOf(`${app.url}/metrics`)).toBe(404);
    expect(await statusOf(`${app.url}/health`)).toBe(404);
  });

  it('status rule 6: says the same as the port of the app would', async () => {
    await using there = await startStatusApp(platform, { resources: resources() });
    await using here = await startStatusApp(platform, {
      status: onManagementPort(),
      resources: resources(),
    });
    expect((await here.get('/livez')).status).toBe(404);
    for (const path of ['/livez', '/readyz', '/startupz', '/health']) {
      const [expected, actual] = await Promise.all([there.get(path), fetch(management + path)]);
      const contents = [actual.headers.get('content-type'), actual.headers.get('cache-control')];
      expect(contents).toEqual([
        expected.headers.get('content-type'),
        expect.stringContaining('no-store'),
      ]);
      const [{ ageMs: _a, ...one }, { ageMs: _b, ...other }] = [
        (await expected.json()) as Record<string, unknown>,
        (await actual.json()) as Record<string, unknown>,
      ];
      expect(Object.keys(other)).toEqual(Object.keys(one));
      expect(other['status']).toEqual(one['status']);
    }
    const open = { headers: { accept: 'application/openmetrics-text;version=1.0.0' } };
    const metrics = await fetch(`${management}/metrics`, open);
    expect(metrics.headers.get('content-type')).toContain('application/openmetrics-text');
    expect((await metrics.text()).endsWith('# EOF\n')).toBe(true);
  });

  it('status rule 6: is closed in production by the same rules, except for the probes', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const closed = ROUTES.filter((path) => !PROBES.includes(path));
    {
      await using app = await startStatusApp(platform, {
        status: onManagementPort(),
        resources: resources(),
      });
      expect((await app.get('/hello')).status).toBe(200);
      expect(await statusesOf(management, closed)).toEqual(all(closed, 404));
      expect(await statusesOf(management, PROBES)).toEqual(all(PROBES, 200));
    }
    await chooseManagementPort();
    await using app = await startStatusApp(platform, {
      status: onManagementPort({ token: TOKEN }),
      resources: resources(),
    });
    expect((await app.get('/livez')).status).toBe(404);
    expect(await statusesOf(management, closed)).toEqual(all(closed, 401));
    expect(await statusesOf(management, closed, BEARER)).toEqual(all(closed, 200));
    expect(await (await fetch(`${management}/health`, { headers: BEARER })).json()).toMatchObject({
      details: { cache: { status: 'up' } },
    });
  });

  it('status rule 6: answers during the start, and until the end', async () => {
    const during: object[] = [];
    @Injectable()
    class LongStart implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        during.push(await statusesOf(management, PROBES));
      }
    }
    let whileClosing: Promise<object> | undefined;
    class LongEnd extends StagedResource {
      override async close(): Promise<void> {
        whileClosing = statusesOf(management, PROBES);
        await whileClosing;
      }
    }
    const app = await startStatusApp(platform, {
      status: onManagementPort(),
      resources: [new LongEnd('cache')],
      metadata: { providers: [LongStart] },
    });
    expect(during).toEqual([{ '/livez': 200, '/readyz': 503, '/startupz': 503 }]);
    expect(await statusesOf(management, PROBES)).toEqual(all(PROBES, 200));

    using stream = await EventStream.open(`${management}/status/events`);
    await app.app.close();
    expect(await whileClosing).toEqual({ '/livez': 200, '/readyz': 503, '/startupz': 200 });
    await stream.until(({ readiness }) => readiness === 'draining');
    expect(await stream.next()).toBeUndefined();
    await expect(fetch(`${management}/livez`)).rejects.toThrow('fetch failed');
  });

  it('status rule 6: a port in use ends the start with an error that says what to do', async () => {
    const taken: Server = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      const status = onManagementPort({ managementPort: port });
      const error = await rejectionOf(startStatusApp(platform, { status, resources: resources() }));
      expect(isMainstayError(error, 'STATUS_MANAGEMENT_PORT')).toBe(true);
      expect((error as Error).message).toContain('EADDRINUSE');
      expect((error as Error).message).toContain('STATUS_MANAGEMENT_PORT');
    } finally {
      taken.close();
    }
  });
});

describe('the management port', () => {
  it('status rule 6: serves an application without HTTP', async () => {
    const cache = new StagedResource('cache');
    @Module({
      imports: [
        StatusModule.forRoot({
          config: { managementPort, managementHost: '127.0.0.1', drainDelay: 0 },
        }),
        ResourceModule,
      ],
      providers: [{ provide: Resource, useValue: cache }],
    })
    class Worker {}
    const app = await NestFactory.createApplicationContext(Worker, { logger: false });
    try {
      expect(await statusesOf(management, PROBES)).toEqual(all(PROBES, 200));
      expect(await (await fetch(`${management}/health`)).json()).toMatchObject({
        details: { cache: { status: 'up' } },
      });
    } finally {
      await app.close();
    }
    await expect(fetch(`${management}/livez`)).rejects.toThrow('fetch failed');
  });

  it('answers HEAD, refuses other methods, ignores queries and a slash at the end', async () => {
    await using app = await startStatusApp('express', {
      status: onManagementPort(),
      resources: [new StagedResource('cache')],
    });
    const head = await fetch(`${management}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${management}/readyz`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await statusOf(`${management}/readyz?verbose`)).toBe(200);
    expect(await statusOf(`${management}/readyz/`)).toBe(200);
    expect((await app.get('/readyz')).status).toBe(404);
    expect(await statusOf(`${management}/`)).toBe(404);
    expect(await statusOf(`${management}/constructor`)).toBe(404);
  });
});
