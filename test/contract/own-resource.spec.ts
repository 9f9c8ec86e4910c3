import { readFile } from 'node:fs/promises';
import { Injectable, Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Resource,
  ResourceModule,
  ResourceRegistry,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditInterceptor } from './own-resource/audit.interceptor.js';
import { ExchangeRatesModule } from './own-resource/exchange-rates.module.js';
import { ExchangeRates } from './own-resource/exchange-rates.service.js';
import { RatesServer } from './own-resource/rates-server.js';

const closed: string[] = [];

/** A second resource of the application, to see the order. */
@Injectable()
class Ledger extends Resource {
  readonly name = 'ledger';
  protected steps(): [] {
    return [];
  }
  async probe(): Promise<ProbeResult> {
    return { capabilities: { write: true } };
  }
  async close(): Promise<void> {
    closed.push(this.name);
  }
}

describe("a resource of one's own (docs/guide/own-resource.md)", () => {
  const api = new RatesServer();
  let app: INestApplicationContext;
  let recorded: RecordedCalls;

  beforeAll(async () => {
    await api.start();
  });
  afterAll(() => api.stop());

  beforeEach(() => {
    closed.length = 0;
    api.requests.length = 0;
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await app?.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  async function boot(): Promise<ExchangeRates> {
    vi.stubEnv('EXCHANGE_RATES_URL', `http://127.0.0.1:${api.port}`);
    recorded = new RecordedCalls();
    @Module({
      imports: [
        recorded.asModule(),
        ResourceModule.forRoot({ interceptors: [AuditInterceptor] }),
        ExchangeRatesModule,
      ],
      providers: [Ledger],
    })
    class AppModule {}
    app = await NestFactory.createApplicationContext(AppModule, { abortOnError: false });
    return app.get(ExchangeRates, { strict: false });
  }

  const entry = () => app.get(ResourceRegistry, { strict: false }).get('exchange-rates');

  it('is initialised by its steps before the application runs', async () => {
    await boot();
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 1, circuit: 'closed' });
    expect(recorded.of('exchange-rates ')).toEqual([
      'exchange-rates step: create connection passed',
      'exchange-rates step: test connection passed',
      'exchange-rates initialization succeeded',
    ]);
    expect(api.requests).toEqual(['GET /health']);
  });

  it('records its operations and shows them to the interceptors', async () => {
    const rates = await boot();
    recorded.clear();
    expect(await rates.convert(4, 'EUR')).toBe(5);
    expect(await rates.order('EUR')).toBe(true);
    expect(recorded.calls).toEqual([
      'app.convert attempt',
      'exchange-rates.rate attempt',
      'exchange-rates.rate try passed',
      'exchange-rates.rate success',
      'app.convert try passed',
      'app.convert success',
      'exchange-rates.order attempt',
      'exchange-rates.order try passed',
      'exchange-rates.order success',
    ]);
    expect(app.get(AuditInterceptor, { strict: false }).trail).toEqual([
      'exchange-rates.rate: 1.25',
      'app.convert: 5',
      'exchange-rates.order: true',
    ]);
  });

  it('retries what may be repeated, and sends nothing twice that may not', async () => {
    const rates = await boot();
    recorded.clear();
    api.requests.length = 0;
    api.statuses.push(503);
    expect(await rates.rate('EUR')).toBe(1.25);
    api.statuses.push(503);
    expect(await rates.order('EUR')).toBe(false);
    expect(api.requests).toEqual(['GET /rates/EUR', 'GET /rates/EUR', 'POST /orders/EUR']);
    expect(recorded.calls).toEqual([
      'exchange-rates.rate attempt',
      'exchange-rates.rate try failed HTTP_503',
      'exchange-rates.rate try passed',
      'exchange-rates.rate outcome recovered after 2',
      'exchange-rates.rate success',
      'exchange-rates.order attempt',
      'exchange-rates.order try failed HTTP_503',
      'exchange-rates.order outcome no-recovery-possible after 1',
      'exchange-rates.order failure HTTP_503',
    ]);
  });

  it("throws the caller's mistakes, and knows the API's own codes", async () => {
    const rates = await boot();
    recorded.clear();
    api.statuses.push(404);
    await expect(rates.order('XXX')).rejects.toMatchObject({ status: 404 });
    api.statuses.push(402);
    expect(await rates.order('EUR')).toBe(false);
    expect(recorded.calls.filter((call) => call.includes(' failure '))).toEqual([
      'exchange-rates.order failure HTTP_404',
      'exchange-rates.order failure PLAN_USED_UP',
    ]);
  });

  it('answers with the last known rate while the API is away, and with its own again afterwards', async () => {
    const rates = await boot();
    await rates.rate('EUR');
    await api.stop();
    recorded.clear();
    expect(await rates.rate('EUR')).toBe(1.25);
    await expect(rates.rate('GBP')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(recorded.calls.filter((call) => !call.includes(' try '))).toEqual([
      'exchange-rates.rate attempt',
      'exchange-rates.rate fallback answered',
      expect.stringMatching(/^exchange-rates\.rate outcome using-fallback after \d$/),
      'exchange-rates.rate success',
      'exchange-rates.rate attempt',
      'exchange-rates.rate fallback failed',
      // The three retries that the budget allows without any success are used up.
      'exchange-rates.rate outcome retry-failed after 2 (budget)',
      'exchange-rates.rate failure ECONNREFUSED',
    ]);
    await api.start();
    recorded.clear();
    expect(await rates.rate('GBP')).toBe(1.25);
    expect(recorded.calls.at(-1)).toBe('exchange-rates.rate success');
  });

  it('starts without an API that is away, and is ready as soon as it is back', async () => {
    await api.stop();
    const rates = await boot();
    expect(entry()).toMatchObject({
      phase: 'failed',
      lastError: expect.stringContaining('ECONNREFUSED'),
      steps: [
        { name: 'create connection', state: 'passed' },
        { name: 'test connection', state: 'failed' },
      ],
    });
    expect(await rates.order('EUR')).toBe(false);
    await api.start();
    await vi.waitFor(() => expect(entry()?.phase).toBe('ready'), { timeout: 3_000 });
    expect(await rates.rate('EUR')).toBe(1.25);
    expect(recorded.of('exchange-rates step').at(-1)).toBe(
      'exchange-rates step: test connection passed',
    );
  });

  it('ends the boot where it is required and refuses the credentials', async () => {
    vi.stubEnv('EXCHANGE_RATES_BOOT', 'required');
    api.statuses.push(401);
    await expect(boot()).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringContaining(
        'exchange-rates could not be initialised: step "test connection" failed: The exchange rates API answered 401',
      ),
    });
    expect(closed).toEqual(['ledger']);
  });

  it('closes after what was registered later, and lets go of its connections', async () => {
    const rates = await boot();
    await rates.rate('EUR');
    const registry = app.get(ResourceRegistry, { strict: false });
    const order: string[] = [];
    registry.subscribe(({ name, phase }) => order.push(`${name} ${phase}`));
    const names = registry.all().map(({ name }) => name);
    await app.close();
    expect(order).toEqual(
      names.toReversed().flatMap((name) => [`${name} closing`, `${name} closed`]),
    );
    expect(closed).toEqual(['ledger']);
  });

  it.each([
    'exchange-rates.config.ts',
    'exchange-rates.api.ts',
    'exchange-rates.service.ts',
    'exchange-rates.module.ts',
    'audit.interceptor.ts',
  ])('is shown in the guide exactly as it is tested here: %s', async (file) => {
    const guide = await readFile(
      new URL('../../docs/guide/own-resource.md', import.meta.url),
      'utf8',
    );
    const source = await readFile(new URL(`./own-resource/${file}`, import.meta.url), 'utf8');
    expect(guide).toContain(`\`\`\`ts\n// ${file}\n${source}\`\`\``);
  });
});
