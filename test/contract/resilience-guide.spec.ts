import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { bulkhead, timeout, TimeoutStrategy } from 'cockatiel';
import {
  ResiliencePipeline,
  StagedChaos,
  type CustomPolicy,
  type OperationContext,
} from 'nestjs-mainstay/resilience';
import { Operations, ResourceModule } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exercise } from './resilience-guide/exercise.js';
import { MaintenanceService } from './resilience-guide/maintenance.service.js';
import { OneAtATime } from './resilience-guide/one-at-a-time.policy.js';
import { Payments } from './resilience-guide/payments.js';
import { QuotaError, quotaRule } from './resilience-guide/quota.rule.js';
import { RATES_URL, RatesClient } from './resilience-guide/rates.client.js';
import { StockService, StockSources } from './resilience-guide/stock.service.js';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** A partner's API that answers as it is told, and `1.25` otherwise. */
class Partner {
  readonly requests: string[] = [];
  readonly answers: (number | 'hang')[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #answer({ method, url }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${method} ${url}`);
    const answer = this.answers.shift() ?? 200;
    if (answer === 'hang') return;
    response.statusCode = answer;
    response.end('1.25');
  }
}

class Sources extends StockSources {
  readonly asked: string[] = [];
  failures: Error[] = [];
  isReplicaAway = false;

  async warehouse(item: string, signal: AbortSignal): Promise<number> {
    this.asked.push(`warehouse ${item} ${signal.aborted}`);
    const failure = this.failures.shift();
    if (failure) throw failure;
    return item.length;
  }

  async replica(item: string): Promise<number> {
    this.asked.push(`replica ${item}`);
    if (this.isReplicaAway) throw RESET;
    return -1;
  }

  lastNight(item: string): number {
    this.asked.push(`last night ${item}`);
    return -2;
  }
}

describe('the resilience guide (docs/guide/resilience.md)', () => {
  let partner: Partner;
  let url: string;

  beforeEach(async () => {
    partner = new Partner();
    url = await partner.start();
    for (const level of ['warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await partner.stop();
    vi.restoreAllMocks();
  });

  async function boot(chaos = new StagedChaos()) {
    const recorded = new RecordedCalls();
    const sources = new Sources();
    const module = await Test.createTestingModule({
      imports: [recorded.asModule(), ResourceModule, ResourceModule.forRoot({ chaos })],
      providers: [
        RatesClient,
        StockService,
        MaintenanceService,
        { provide: RATES_URL, useValue: url },
        { provide: StockSources, useValue: sources },
      ],
    }).compile();
    const app = await module.init();
    return { app, recorded, sources, rates: app.get(RatesClient), stock: app.get(StockService) };
  }

  describe('payments.ts', () => {
    it('retries a read, and sends a charge once', async () => {
      const payments = new Payments(url);
      partner.answers.push(503, 200, 503);
      expect(await payments.find('p-1')).toBe('1.25');
      await expect(payments.charge('p-1')).rejects.toMatchObject({ status: 503 });
      expect(partner.requests).toEqual([
        'GET /payments/p-1',
        'GET /payments/p-1',
        'POST /payments/p-1',
      ]);
    });

    it('is cancelled by its caller, and cuts the request', async () => {
      const payments = new Payments(url);
      partner.answers.push('hang');
      const caller = new AbortController();
      const call = expect(payments.find('p-1', caller.signal)).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
      });
      await vi.waitFor(() => expect(partner.requests).toHaveLength(1));
      caller.abort();
      await call;
    });
  });

  describe('rates.client.ts', () => {
    it('is recorded, retried, and answered by its fallback while the API is away', async () => {
      const { app, rates, recorded } = await boot();
      partner.answers.push(503);
      expect(await rates.rate('EUR')).toBe(1.25);
      await partner.stop();
      expect(await rates.rate('EUR')).toBe(1.25);
      await expect(rates.rate('GBP')).rejects.toMatchObject({ message: 'fetch failed' });
      const outcomes = recorded.of('rates.rate outcome').map((line) => line.split(' ')[2]);
      expect(outcomes).toEqual(['recovered', 'using-fallback', 'retry-failed']);
      await app.close();
    });

    it('never sends an order twice', async () => {
      const { app, rates } = await boot();
      partner.answers.push(503);
      await expect(rates.order('EUR')).rejects.toMatchObject({ status: 503 });
      expect(partner.requests).toEqual(['POST /EUR']);
      await app.close();
    });
  });

  describe('stock.service.ts, quota.rule.ts and one-at-a-time.policy.ts', () => {
    it('asks the fallbacks in their order', async () => {
      const { app, stock, sources, recorded } = await boot();
      sources.failures = [RESET, RESET, RESET];
      expect(await stock.count('book')).toBe(-1);
      sources.failures = [RESET, RESET, RESET];
      sources.isReplicaAway = true;
      expect(await stock.count('book')).toBe(-2);
      expect(sources.asked.slice(-2)).toEqual(['replica book', 'last night book']);
      expect(recorded.of('stock.count outcome using-fallback')).toHaveLength(2);
      await app.close();
    });

    it('knows the error of the quota, and waits as long as it says', async () => {
      const clock = new FakeClock();
      const pipeline = new ResiliencePipeline('partner', { rules: [quotaRule] }, clock);
      const errors = [new QuotaError(1_500)];
      const charge = pipeline.bind<undefined, string>('charge');
      const result = pipeline.run(
        charge,
        async () => {
          const error = errors.shift();
          if (error) throw error;
          return `charged at ${clock.now()}`;
        },
        undefined,
      );
      await clock.advance(1_500);
      expect(await result).toBe('charged at 1500');
    });

    it.each<[string, CustomPolicy]>([
      ['as our own policy', new OneAtATime()],
      ["as cockatiel's", bulkhead(1, 10)],
    ])('lets one try through at a time, %s', async (_whose, policy) => {
      const clock = new FakeClock();
      const pipeline = new ResiliencePipeline('device', { policies: [policy] }, clock);
      const ask = pipeline.bind<string, void>('ask');
      const trail: string[] = [];
      const work = async (name: string): Promise<void> => {
        trail.push(`${name} begins`);
        await clock.sleep(10);
        trail.push(`${name} ends`);
      };
      const calls = ['a', 'b'].map((name) => pipeline.run(ask, work, name));
      await clock.advance(20);
      await Promise.all(calls);
      expect(trail).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    });

    it("lets the work hear of the abort of cockatiel's cooperative timeout", async () => {
      const policies = [timeout(1, TimeoutStrategy.Cooperative)];
      const pipeline = new ResiliencePipeline('device', { policies });
      const ask = pipeline.bind<undefined, string>('ask');
      const untilAborted = (_arg: undefined, { signal }: OperationContext): Promise<string> =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('given up')));
      expect(await pipeline.run(ask, untilAborted, undefined)).toBe('given up');
    });
  });

  describe('exercise.ts', () => {
    it('stages what it says, until it is called off', async () => {
      const clock = new FakeClock();
      const chaos = new StagedChaos({ clock, environment: {} });
      const callOff = exercise(chaos);
      const operations = new Operations(clock, new RecordedCalls(), [], chaos);
      const count = operations.of({ name: 'stock' }).bind<string, number>('count');
      const order = operations.of({ name: 'rates' }, { breaker: false }).bind('order');
      expect(await count.run(() => 7, 'book')).toBe(-4);
      expect(await count.run(() => 7, 'pen')).toBe(7);
      const orders = [];
      for (let call = 0; call < 8; call++) {
        orders.push(await order.runOrElse('failed', () => 'ordered', undefined));
      }
      expect(orders.join(' ')).toBe('ordered failed failed failed failed failed ordered ordered');
      callOff();
      expect(await count.run(() => 7, 'book')).toBe(7);
      expect(chaos.isArmed).toBe(false);
    });
  });

  describe('maintenance.service.ts', () => {
    it('takes a resource out, watches it, and puts it back', async () => {
      const { app, stock, sources } = await boot();
      const maintenance = app.get(MaintenanceService);
      await stock.count('book');
      maintenance.takeOut('stock', 'the warehouse moves');
      expect(await stock.count('book')).toBe(-1);
      expect(maintenance.look('stock')).toMatchObject({
        inFlight: 0,
        breaker: { state: 'isolated', note: 'the warehouse moves' },
        limiter: { inFlight: 0, queued: 0 },
      });
      maintenance.putBack('stock');
      maintenance.watchOnly('stock');
      expect(maintenance.look('stock')).toMatchObject({ breaker: { state: 'metrics-only' } });
      expect(await stock.count('book')).toBe(4);
      expect(sources.asked.at(-1)).toBe('warehouse book false');
      maintenance.putBack('stock');
      expect(maintenance.look('stock')).toMatchObject({ breaker: { state: 'closed' } });
      await app.close();
    });
  });

  it('shows every file exactly as it is tested here', async () => {
    const folder = new URL('./resilience-guide/', import.meta.url);
    const guide = await readFile(
      new URL('../../docs/guide/resilience.md', import.meta.url),
      'utf8',
    );
    for (const file of await readdir(folder)) {
      const source = await readFile(new URL(file, folder), 'utf8');
      expect(guide).toContain(`\`\`\`ts\n// ${file}\n${source}\`\`\``);
    }
  });
});
