import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { ResourceHealthIndicator } from 'nestjs-mainstay/status';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { PLATFORMS, StagedResource, startStatusApp } from '../support/status-app.js';

const GENEROUS_MS = 10_000;

@Controller()
class OwnHealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly resources: ResourceHealthIndicator,
  ) {}

  @Get('own')
  @HealthCheck()
  own() {
    return this.health.check([
      () => this.resources.check('cache'),
      () => ({ disk: { status: 'up' as const, free: '3 GiB' } }),
      async () => this.resources.check('database'),
    ]);
  }

  @Get('everything')
  @HealthCheck()
  everything() {
    return this.health.check([() => this.resources.all()]);
  }

  @Get('mistaken')
  @HealthCheck()
  mistaken() {
    return this.health.check([
      () => this.resources.check('cahce'),
      () => this.resources.check('cache'),
    ]);
  }
}

/** What the application's Terminus logs; made by its own TerminusModule. */
class OwnLogger {
  static lines: string[] = [];

  error(message: string): void {
    OwnLogger.lines.push(message);
  }

  log(): void {}
  warn(): void {}
}

function refuse(): never {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

async function words(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

describe.each(PLATFORMS)(
  'ResourceHealthIndicator in a controller of the application on %s',
  (platform) => {
    async function start() {
      OwnLogger.lines = [];
      const cache = new StagedResource('cache');
      const database = new StagedResource('database', 'critical');
      const app = await startStatusApp(platform, {
        status: { config: { probeInterval: 100, probeTimeout: 50 } },
        resources: [cache, database],
        metadata: {
          imports: [TerminusModule.forRoot({ logger: OwnLogger, errorLogStyle: 'pretty' })],
          controllers: [OwnHealthController],
        },
      });
      return { app, cache, database };
    }

    it('status rule 7: check(name) and all() stand beside other indicators in any health.check()', async () => {
      const { app, cache, database } = await start();
      await using served = app;
      expect(await words(await served.get('/own'))).toMatchObject([
        200,
        {
          status: 'ok',
          info: { cache: { status: 'up' }, disk: { free: '3 GiB' }, database: { status: 'up' } },
        },
      ]);

      cache.fault = refuse;
      await eventually(
        async () =>
          expect(await words(await served.get('/own'))).toMatchObject([
            200,
            { status: 'degraded' },
          ]),
        GENEROUS_MS,
      );
      database.fault = refuse;
      await eventually(
        async () => expect((await served.get('/own')).status).toBe(503),
        GENEROUS_MS,
      );
      expect(await words(await served.get('/everything'))).toMatchObject([
        503,
        {
          status: 'error',
          info: { cache: { status: 'degraded', state: 'down' } },
          error: { database: { status: 'down', message: expect.stringContaining('ECONNREFUSED') } },
        },
      ]);
    });

    it('status rule 7: an unknown name is one result that is down; nothing throws, no other result is lost', async () => {
      const { app } = await start();
      await using served = app;
      const [code, body] = await words(await served.get('/mistaken'));
      expect(code).toBe(503);
      expect(body).toMatchObject({
        info: { cache: { status: 'up' } },
        error: {
          cahce: {
            status: 'down',
            message: 'No resource is named "cahce". Registered: cache, database.',
          },
        },
      });
    });

    it('status rule 7: reads what is known: no request begins a probe, and one that hangs holds nobody', async () => {
      const { app, cache } = await start();
      await using served = app;
      cache.fault = () => new Promise(() => {});
      const before = cache.probes;
      await eventually(() => expect(cache.probes).toBeGreaterThan(before), GENEROUS_MS);
      const answered = Promise.all(
        Array.from({ length: 50 }, async () => served.get('/everything')),
      );
      expect((await answered).map(({ status }) => status)).toEqual(Array(50).fill(200));
    });

    it('status rule 7: the Terminus of the application keeps its own options, that of /health logs nothing', async () => {
      const { app, database } = await start();
      await using served = app;
      database.fault = refuse;
      await eventually(
        async () => expect((await served.get('/health')).status).toBe(503),
        GENEROUS_MS,
      );
      expect(OwnLogger.lines).toEqual([]);
      await served.get('/own');
      expect(OwnLogger.lines).toHaveLength(1);
      expect(OwnLogger.lines[0]).toContain('❌ database');
    });
  },
);
