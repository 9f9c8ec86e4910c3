import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { CanActivate } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Operations } from 'nestjs-mainstay/resource';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const GENEROUS_MS = 10_000;
const TOKEN = 'a-token-of-enough-length';
const BEARER = { authorization: `Bearer ${TOKEN}` };

/** What Fastify has and Express has not. */
interface HookedInstance {
  addHook?(
    name: 'onRequest',
    hook: (
      request: unknown,
      reply: { header(name: string, value: string): unknown },
      done: () => void,
    ) => void,
  ): unknown;
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

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

describe.each(PLATFORMS)('/status/events on %s', (platform) => {
  it('status rule 6: begins with a report without the history, as an event stream that no proxy holds back', async () => {
    const resources = [new StagedResource('cache')];
    await using app = await startStatusApp(platform, {
      resources,
      prepare: (nest) => nest.enableCors({ origin: 'https://ops.example' }),
    });
    using stream = await EventStream.open(`${app.url}/status/events`);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': 'https://ops.example',
    });
    expect(await stream.block()).toBe('retry: 3000');
    const report = (await stream.next()) as Record<string, unknown>;
    const whole = (await (await app.get('/status.json')).json()) as typeof report;
    expect(whole).toHaveProperty('history');
    // What the process uses is known from the first sample on, which may come between the two.
    const shown = Object.keys(whole).filter((key) => key !== 'history' && key !== 'process');
    expect(Object.keys(report).filter((key) => key !== 'process')).toEqual(shown);
    expect(report).toMatchObject({ state: 'up', resources: [{ name: 'cache', state: 'up' }] });
  });

  it('keeps the headers that the application has set before', async () => {
    await using app = await startStatusApp(platform, {
      prepare: (nest) => {
        const instance = nest.getHttpAdapter().getInstance() as HookedInstance;
        if (instance.addHook) {
          instance.addHook('onRequest', (_request, reply, done) => {
            reply.header('x-own', 'yes');
            done();
          });
          return;
        }
        nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
          response.setHeader('x-own', 'yes');
          next();
        });
      },
    });
    using stream = await EventStream.open(`${app.url}/status/events`);
    expect(stream.response.headers).toMatchObject({ 'x-own': 'yes' });
  });

  it('status rule 6: tells each change of health, of readiness and of a breaker', async () => {
    const cache = new StagedResource('cache', 'critical');
    await using app = await startStatusApp(platform, {
      status: { config: { probeInterval: 100, probeTimeout: 50 } },
      resources: [cache],
    });
    using stream = await EventStream.open(`${app.url}/status/events`);
    await stream.until(({ state }) => state === 'up');
    cache.fault = refuse;
    await stream.until(({ state, readiness }) => state === 'down' && readiness === 'down');
    cache.fault = undefined;
    await stream.until(({ state, readiness }) => state === 'up' && readiness === 'ok');
    app.app.get(Operations).of(cache, {}).bind('get');
    app.app.get(Operations).find('cache')?.breaker?.isolate('maintenance');
    const isolated = await stream.until(({ state }) => state === 'down');
    expect(isolated).toMatchObject({
      resources: [{ circuit: 'isolated', reason: 'isolated: maintenance' }],
    });
  });

  it('status rule 6: speaks again within 5 s, without any change', async () => {
    await using app = await startStatusApp(platform);
    using stream = await EventStream.open(`${app.url}/status/events`);
    const first = (await stream.next()) as { at: number };
    const second = (await stream.next()) as { at: number };
    expect(second.at).toBeGreaterThan(first.at);
  });

  it('status rule 6: takes so many clients and asks the next to come later; one that leaves makes room', async () => {
    await using app = await startStatusApp(platform, {
      status: { config: { maxEventClients: 2 } },
    });
    const url = `${app.url}/status/events`;
    {
      using one = await EventStream.open(url);
      using two = await EventStream.open(url);
      await one.next();
      await two.next();
      const refused = await app.get('/status/events');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    }
    await eventually(async () => {
      using again = await EventStream.open(url);
      expect(again.response.statusCode).toBe(200);
    }, GENEROUS_MS);
  });

  it('status rule 6: nothing is left of a client that has left', async () => {
    await using app = await startStatusApp(platform);
    const server = app.app.getHttpServer() as Server;
    for (let round = 0; round < 3; round++) {
      using stream = await EventStream.open(`${app.url}/status/events`);
      await stream.next();
      expect(await connections(server)).toBeGreaterThan(0);
    }
    await eventually(async () => expect(await connections(server)).toBe(0), GENEROUS_MS);
  });

  it('status rule 6: the drain ends all streams with a last report, so that none holds the closing', async () => {
    const app = await startStatusApp(platform, { status: { config: { drainDelay: 500 } } });
    const stream = await EventStream.open(`${app.url}/status/events`);
    const deaf = connect(Number(new URL(app.url).port), '127.0.0.1');
    deaf.on('error', () => undefined);
    deaf.pause();
    deaf.write('GET /status/events HTTP/1.1\r\nHost: x\r\n\r\n');
    await stream.next();

    const closing = app.app.close();
    expect(await stream.until(({ readiness }) => readiness === 'draining')).toBeDefined();
    expect(await stream.next()).toBeUndefined();
    const late = await app.get('/status/events');
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);
    await closing;
    deaf.destroy();
  });

  it('status rule 6: answers HEAD, and ends a request whose client is gone before it is let in', async () => {
    let letIn = (): void => {};
    const decided = new Promise<boolean>((resolve) => (letIn = () => resolve(true)));
    const asked = new Promise<void>((resolve) => {
      authorize.mockImplementation(() => {
        resolve();
        return decided;
      });
    });
    await using app = await startStatusApp(platform, {
      status: { authorize, config: { maxEventClients: 1 } },
    });
    const gone = connect(Number(new URL(app.url).port), '127.0.0.1');
    gone.write('GET /status/events HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;
    gone.destroy();
    await once(gone, 'close');
    await eventually(
      async () => expect(await connections(app.app.getHttpServer() as Server)).toBe(0),
      GENEROUS_MS,
    );
    letIn();
    const head = await fetch(`${app.url}/status/events`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    using stream = await EventStream.open(`${app.url}/status/events`);
    expect(stream.response.statusCode).toBe(200);
  });

  it('status rule 6: is closed in production until the token opens it, and stands behind guards', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    {
      await using app = await startStatusApp(platform);
      expect((await app.get('/status/events')).status).toBe(404);
    }
    {
      await using app = await startStatusApp(platform, { status: { config: { token: TOKEN } } });
      expect((await app.get('/status/events')).status).toBe(401);
      using stream = await EventStream.open(`${app.url}/status/events`, BEARER);
      expect(await stream.next()).toEqual({ state: 'up' });
    }
    await using app = await startStatusApp(platform, {
      status: { config: { token: TOKEN } },
      metadata: { providers: [{ provide: APP_GUARD, useClass: DenyEverything }] },
    });
    expect((await app.get('/status/events', BEARER)).status).toBe(403);
  });

  it('status rule 6: has another path, or none', async () => {
    const config = { eventsPath: '/ops/live' };
    await using app = await startStatusApp(platform, { status: { config } });
    using stream = await EventStream.open(`${app.url}/ops/live`);
    expect(stream.response.statusCode).toBe(200);
    expect((await app.get('/status/events')).status).toBe(404);
    await using without = await startStatusApp(platform, {
      status: { config: { eventsPath: false } },
    });
    expect((await without.get('/status/events')).status).toBe(404);
  });
});

const authorize = vi.fn<() => Promise<boolean>>();
