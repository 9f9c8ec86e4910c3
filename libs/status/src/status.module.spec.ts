import {
  Controller,
  Get,
  Injectable,
  Module,
  NotFoundException,
  type CanActivate,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { isMainstayError, SystemClock } from 'nestjs-mainstay/common';
import { ConfigModule } from 'nestjs-mainstay/config';
import { Operations, Resource, ResourceModule, type Criticality } from 'nestjs-mainstay/resource';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  HealthMonitor,
  ResourceHealthIndicator,
  StatusInterceptor,
  StatusManager,
  StatusModule,
  type StatusModuleOptions,
} from './index.js';

/** Short, so that a lost resource is found soon; what is known is soon stale, too: wait for it. */
const OFTEN = { probeInterval: 100 };
const SECRET = 'hunter2hunter2';
const clock = new SystemClock();
const silent: LoggerService = { log: () => {}, error: () => {}, warn: () => {} };

@Injectable()
class PaymentsApi extends Resource {
  readonly name = 'payments';
  override readonly criticality: Criticality = 'critical';
  isAway = false;
  probes = 0;

  protected steps() {
    return [{ name: 'test connection', run: () => this.ping() }];
  }

  async probe() {
    this.probes++;
    this.ping();
    return { capabilities: { read: true, write: true }, details: { version: '1.0' } };
  }

  async close() {}

  ping(): void {
    if (!this.isAway) return;
    const message = `connect ECONNREFUSED https://user:${SECRET}@payments.example`;
    throw Object.assign(new Error(message), { code: 'ECONNREFUSED' });
  }
}

@Injectable()
class DenyEverything implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('orders')
class OrdersController {
  readonly #charge;

  constructor(payments: PaymentsApi, operations: Operations) {
    this.#charge = operations.of(payments, { retry: false }).bind('charge');
  }

  @Get()
  async order(): Promise<string> {
    return this.#charge.run(async () => 'charged', undefined);
  }

  @Get('slow')
  async slow(): Promise<string> {
    await clock.sleep(300);
    return 'done';
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException();
  }

  @Get('broken')
  broken(): never {
    throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  }
}

@Controller()
class CatchAllController {
  @Get('*')
  anything(): string {
    return 'caught';
  }
}

@Controller('own-health')
class OwnHealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly resources: ResourceHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.resources.check('payments')]);
  }
}

@Module({
  imports: [ResourceModule],
  providers: [PaymentsApi],
  controllers: [OrdersController],
  exports: [PaymentsApi],
})
class OrdersModule {}

interface StartedApp {
  readonly app: INestApplication;
  readonly payments: PaymentsApi;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
}

interface StartOptions extends StatusModuleOptions {
  readonly metadata?: ModuleMetadata;
  readonly prepare?: (app: INestApplication) => void;
}

const started: INestApplication[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.splice(0).map((app) => app.close()));
});

async function start(
  platform: string,
  { metadata = {}, prepare, ...options }: StartOptions = {},
): Promise<StartedApp> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [
      StatusModule.forRoot({
        ...options,
        config: { drainDelay: 0, ...options.config },
      }),
      OrdersModule,
      ...(metadata.imports ?? []),
    ],
  })
    .setLogger(silent)
    .compile();
  const app =
    platform === 'fastify'
      ? module.createNestApplication(new FastifyAdapter())
      : module.createNestApplication();
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  started.push(app);
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    payments: app.get(PaymentsApi),
    get: (path, headers = {}) => fetch(url + path, { headers }),
  };
}

async function words(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

describe.each(['express', 'fastify'])('StatusModule on %s', (platform) => {
  it('status rule 6: serves the probe routes without prefix and guards, before a catch-all', async () => {
    const { get } = await start(platform, {
      metadata: {
        controllers: [CatchAllController],
        providers: [{ provide: APP_GUARD, useClass: DenyEverything }],
      },
      prepare: (app) => app.setGlobalPrefix('api'),
    });

    expect(await words(await get('/livez'))).toEqual([200, { status: 'ok' }]);
    expect(await words(await get('/readyz'))).toEqual([200, { status: 'ok' }]);
    expect(await words(await get('/startupz'))).toEqual([200, { status: 'ok' }]);
    expect((await get('/metrics')).status).toBe(200);
    expect((await get('/api/health')).status).toBe(403);
    expect((await get('/api/status.json')).status).toBe(403);
  });

  it('status rule 6: serves /health and /status.json under the prefix of the application', async () => {
    const { get } = await start(platform, { prepare: (app) => app.setGlobalPrefix('api') });

    const [code, health] = await words(await get('/api/health'));
    const [, status] = await words(await get('/api/status.json'));

    expect(code).toBe(200);
    expect(health).toMatchObject({
      status: 'ok',
      details: { payments: { status: 'up', state: 'up', criticality: 'critical' } },
    });
    expect(status).toMatchObject({
      state: 'up',
      readiness: 'ok',
      resources: [
        {
          name: 'payments',
          state: 'up',
          phase: 'ready',
          initialization: { tries: 1, steps: [{ name: 'test connection', state: 'passed' }] },
        },
      ],
    });
  });

  it('status rule 6: moves routes to configured paths and leaves out those that are switched off', async () => {
    const { get } = await start(platform, {
      config: {
        livezPath: '/alive',
        readyzPath: false,
        healthPath: '/ops/health',
        jsonPath: false,
      },
    });

    expect((await get('/alive')).status).toBe(200);
    expect((await get('/livez')).status).toBe(404);
    expect((await get('/readyz')).status).toBe(404);
    expect((await get('/ops/health')).status).toBe(200);
    expect((await get('/health')).status).toBe(404);
    expect((await get('/status.json')).status).toBe(404);
  });

  it('status rule 5: a critical resource that is lost turns readiness and health off, and back on when it returns', async () => {
    const { get, payments } = await start(platform, { config: OFTEN });

    payments.isAway = true;
    await vi.waitFor(async () => expect((await get('/readyz')).status).toBe(503), 5_000);
    const [code, health] = await words(await get('/health'));
    expect([code, (await get('/livez')).status]).toEqual([503, 200]);
    expect(health).toMatchObject({
      status: 'error',
      error: { payments: { status: 'down', message: expect.stringContaining('ECONNREFUSED') } },
    });

    payments.isAway = false;
    await vi.waitFor(async () => expect((await get('/health')).status).toBe(200), 5_000);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain(
      'mainstay_recovery_duration_seconds_count{resource="payments",operation="probe"} 1',
    );
  });

  it('status rule 4: routes only read: no request reaches the resource', async () => {
    const { get, payments } = await start(platform, { config: { probeInterval: 3_600_000 } });

    for (const path of ['/readyz', '/health', '/status.json', '/metrics']) await get(path);

    expect(payments.probes).toBe(0);
  });

  it('status rule 8: no secret of an error reaches a route', async () => {
    const { get, payments } = await start(platform, { config: OFTEN });

    payments.isAway = true;
    await vi.waitFor(async () => expect((await get('/readyz')).status).toBe(503), 5_000);
    const texts = await Promise.all(
      ['/readyz', '/health', '/status.json', '/metrics'].map(async (path) =>
        (await get(path)).text(),
      ),
    );

    expect(texts.join('\n')).toContain('ECONNREFUSED');
    expect(texts.join('\n')).not.toContain(SECRET);
  });

  it('resilience rule 19: what an operator does with a breaker is seen on every route, at once', async () => {
    const { app, get } = await start(platform);
    const breaker = app.get(Operations).find('payments')?.breaker;

    breaker?.isolate('maintenance');
    const [code, health] = await words(await get('/health'));
    expect([code, (await get('/readyz')).status]).toEqual([503, 503]);
    expect(health).toMatchObject({
      error: { payments: { message: 'isolated: maintenance', circuit: 'isolated' } },
    });
    expect(await (await get('/status.json')).json()).toMatchObject({
      pipelines: [
        {
          resource: 'payments',
          inFlight: 0,
          breaker: { state: 'isolated', reason: 'isolated', note: 'maintenance' },
          limiter: { inFlight: 0, queued: 0, leaked: 0, maxConcurrent: 100, maxQueue: 100 },
        },
        { resource: 'app', inFlight: 0 },
      ],
    });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain(
      'mainstay_circuit_breaker_transitions_total{resource="payments",state="isolated",reason="isolated"} 1',
    );

    breaker?.metricsOnly();
    expect(await (await get('/health')).json()).toMatchObject({
      info: { payments: { status: 'up', circuit: 'metrics-only' } },
    });
    breaker?.reset();
    expect((await get('/readyz')).status).toBe(200);
  });

  it('counts every attempt of an operation under exactly one outcome', async () => {
    const { app, get } = await start(platform);

    await Promise.all([get('/orders'), get('/orders'), get('/orders')]);
    const text = await (await get('/metrics')).text();

    expect(app.get(StatusManager).operationStatus('payments', 'charge')).toMatchObject({
      attempts: 3,
      successes: 3,
      active: 0,
    });
    expect(text).toContain(
      'mainstay_operations_total{resource="payments",operation="charge",outcome="success"} 3',
    );
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  });

  it('records the handlers of controllers: an answer below 500 is a success, anything else thrown a failure', async () => {
    const { app, get } = await start(platform, {
      metadata: { providers: [{ provide: APP_INTERCEPTOR, useExisting: StatusInterceptor }] },
    });
    const status = app.get(StatusManager);

    await get('/orders');
    await get('/orders/missing');
    await get('/orders/broken');

    const of = (handler: string) => status.operationStatus('http', `OrdersController.${handler}`);
    expect(of('order')).toMatchObject({ attempts: 1, successes: 1 });
    expect(of('missing')).toMatchObject({ attempts: 1, successes: 1 });
    expect(of('broken')).toMatchObject({ attempts: 1, failures: 1 });
  });

  it('status rule 2: answers in OpenMetrics to whom asks for it', async () => {
    const { get } = await start(platform);

    const plain = await get('/metrics');
    const open = await get('/metrics', { accept: 'application/openmetrics-text;version=1.0.0' });

    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(open.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect((await open.text()).endsWith('# EOF\n')).toBe(true);
  });

  it('status rule 6: production hides everything but the probes until something opens it', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { get } = await start(platform);

    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(404);
    expect((await get('/health')).status).toBe(404);
    expect((await get('/status.json')).status).toBe(404);
  });

  it('status rule 6: a bearer token opens the closed routes; without it they answer 401', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const token = 'a-token-of-enough-length';
    const { get } = await start(platform, { config: { token, details: 'when-authorized' } });

    for (const path of ['/metrics', '/health', '/status.json']) {
      const refused = await get(path, { authorization: 'Bearer wrong' });
      const opened = await get(path, { authorization: `Bearer ${token}` });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(opened.status).toBe(200);
    }
    const [, body] = await words(await get('/health', { authorization: `Bearer ${token}` }));
    expect(body).toMatchObject({ details: { payments: { state: 'up' } } });
  });

  it('status rule 8: by default production shows only the word of a state', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { get } = await start(platform, { authorize: () => true });

    const [, health] = await words(await get('/health'));
    const [, status] = await words(await get('/status.json'));

    expect(health).toMatchObject({ details: { payments: { status: 'up' } } });
    expect((health as { details: object }).details).toEqual({ payments: { status: 'up' } });
    expect(status).toEqual({ state: 'up' });
  });

  it('status rule 7: the indicator works in a health controller of the application', async () => {
    const logged = vi.fn<(message: string) => void>();
    class OwnLogger {
      log(): void {}
      warn(): void {}
      error(message: string): void {
        logged(message);
      }
    }
    const { get, payments } = await start(platform, {
      config: OFTEN,
      metadata: {
        imports: [TerminusModule.forRoot({ logger: OwnLogger })],
        controllers: [OwnHealthController],
      },
    });
    await vi.waitFor(async () => expect((await get('/own-health')).status).toBe(200), 5_000);

    payments.isAway = true;
    await vi.waitFor(async () => expect((await get('/own-health')).status).toBe(503), 5_000);

    expect(logged).toHaveBeenCalled();
    logged.mockClear();
    expect((await get('/health')).status).toBe(503);
    expect(logged).not.toHaveBeenCalled();
  });

  it('status rule 16: readiness goes off at once, requests in flight end, idle connections do not hold the closing', async () => {
    const { app, get } = await start(platform, { config: { drainDelay: 100 } });
    const inFlight = get('/orders/slow');
    await get('/livez');

    const closing = app.close();
    const startedAt = clock.now();
    started.splice(started.indexOf(app), 1);
    expect(await words(await get('/readyz'))).toEqual([503, { status: 'draining' }]);
    expect((await get('/livez')).status).toBe(200);
    await closing;

    expect(clock.now() - startedAt).toBeLessThan(1_500);
    expect(await (await inFlight).text()).toBe('done');
    await expect(get('/livez')).rejects.toThrow('fetch failed');
  });
});

describe('StatusModule', () => {
  it('works without HTTP: records, watches and closes', async () => {
    const module = await Test.createTestingModule({
      imports: [StatusModule.forRoot({ config: { drainDelay: 0 } }), OrdersModule],
    })
      .setLogger(silent)
      .compile();
    await module.init();

    expect(module.get(HealthMonitor).get('payments')).toMatchObject({ state: 'up' });
    expect(module.get(HttpAdapterHost).httpAdapter).toBeUndefined();
    await module.close();
  });

  it('status rule 1: has a registry of its own in each application', async () => {
    const [one, two] = await Promise.all([start('express'), start('express')]);

    await one.get('/orders');

    expect(one.app.get(StatusManager).operationStatus('payments', 'charge')?.attempts).toBe(1);
    expect(two.app.get(StatusManager).operationStatus('payments', 'charge')?.attempts).toBe(0);
    expect(await (await two.get('/metrics')).text()).toContain(
      'mainstay_operations_total{resource="payments",operation="charge",outcome="success"} 0',
    );
  });

  it('takes options from a factory and validates them', async () => {
    const module = await Test.createTestingModule({
      imports: [
        StatusModule.forRootAsync({
          useFactory: async () => ({ config: { livezPath: '/alive' } }),
        }),
      ],
    })
      .setLogger(silent)
      .compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    started.push(app);

    expect((await fetch(`${await app.getUrl()}/alive`)).status).toBe(200);
  });

  it('status rule 6: believes the environment that the configuration is read from', async () => {
    const env = { NODE_ENV: 'production' };
    const { get } = await start('express', {
      metadata: { imports: [ConfigModule.forRoot({ env })] },
    });
    expect((await get('/metrics')).status).toBe(404);
  });

  it('refuses a path that is none', async () => {
    const error = await Test.createTestingModule({
      imports: [StatusModule.forRoot({ config: { livezPath: 'no slash' } })],
    })
      .setLogger(silent)
      .compile()
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );

    expect(isMainstayError(error, 'CONFIGURATION_INVALID')).toBe(true);
  });
});
