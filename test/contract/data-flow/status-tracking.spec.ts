import { Injectable, Logger, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import {
  Operations,
  Resource,
  ResourceModule,
  type BoundOperation,
  type InitializationStep,
} from 'nestjs-mainstay/resource';
import { HealthMonitor, StatusManager, StatusModule } from 'nestjs-mainstay/status';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readMetrics } from '../../support/metrics.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

@Injectable()
class PaymentsApi extends Resource {
  readonly name = 'payments';
  isAway = false;

  constructor(private readonly clock: Clock) {
    super();
  }

  protected steps(): InitializationStep[] {
    return [{ name: 'test connection', run: () => this.clock.sleep(40) }];
  }

  async probe() {
    if (this.isAway) throw REFUSED;
    return { capabilities: { read: true } };
  }

  async close(): Promise<void> {}
}

/**
 * Operation → Status Manager → Performance Monitor → Connection Times, Operation Times, Resource Usage → Metrics
 *                            → Error Monitor → Error Rates, Error Types, Recovery Times → Alerts
 */
describe('Status Tracking', () => {
  let clock: FakeClock;
  let app: INestApplication;
  let status: StatusManager;
  let charge: BoundOperation;

  beforeEach(async () => {
    for (const level of ['log', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [StatusModule.forRoot(), ResourceModule, ClockModule],
      providers: [PaymentsApi],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app = module.createNestApplication();
    const starting = app.listen(0, '127.0.0.1');
    await clock.advance(100);
    await starting;
    status = app.get(StatusManager);
    charge = app
      .get(Operations, { strict: false })
      .of({ name: 'payments' })
      .bind('charge', { idempotent: true });
  });
  afterEach(async () => {
    const closing = app.close();
    await clock.advance(60_000);
    await closing;
    vi.restoreAllMocks();
  });

  /** Runs a call whose work takes so long, and fails so often before. */
  async function call(durationMs: number, failures = 0): Promise<void> {
    let left = failures;
    const result = charge
      .run(async () => {
        await clock.sleep(durationMs);
        if (left-- > 0) throw REFUSED;
      }, undefined)
      .catch(() => undefined);
    await clock.advance(1_000);
    await result;
  }

  /** The value of a series, as a scrape shows it. */
  async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const samples = await readMetrics(await app.getUrl());
    const found = samples.find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found?.value ?? Number.NaN;
  }

  const CHARGE = { resource: 'payments', operation: 'charge' };

  it('Operation Times → Metrics', async () => {
    await call(20);
    await call(20);
    const { times } = status.bind('payments', 'charge');
    expect(times).toMatchObject({ attempts: 2, successes: 2, failures: 0, active: 0 });
    expect(times.quantileMs(0.5)).toBeGreaterThan(10);
    expect(times.quantileMs(0.5)).toBeLessThan(40);
    const labels = { ...CHARGE, outcome: 'success' };
    expect(await metric('mainstay_operations_total', labels)).toBe(2);
    expect(await metric('mainstay_operation_duration_seconds_count', labels)).toBe(2);
    expect(await metric('mainstay_operation_duration_seconds_sum', labels)).toBeCloseTo(0.04);
  });

  it('Connection Times → Metrics', async () => {
    const labels = { resource: 'payments', step: 'test connection', outcome: 'success' };
    expect(await metric('mainstay_initialization_duration_seconds_count', labels)).toBe(1);
    expect(await metric('mainstay_initialization_duration_seconds_sum', labels)).toBeCloseTo(0.04);
    expect(await metric('mainstay_connection_up', { resource: 'payments' })).toBe(1);
    await clock.advance(6_000);
    const probes = { resource: 'payments', outcome: 'success' };
    expect(await metric('mainstay_probe_duration_seconds_count', probes)).toBeGreaterThan(0);
  });

  it('Resource Usage → Metrics', async () => {
    const { last } = status.performance.usage;
    expect(last?.rssBytes).toBeGreaterThan(1_000_000);
    expect(last?.heapUsedBytes).toBeGreaterThan(1_000_000);
    expect(await metric('process_resident_memory_bytes')).toBe(last?.rssBytes);
  });

  it('Error Rates', async () => {
    await call(1);
    await call(1, 99);
    await call(1, 99);
    await call(1);
    expect(status.bind('payments', 'charge').errors.rate).toBe(0.5);
    await clock.advance(70_000);
    expect(status.bind('payments', 'charge').errors.rate).toBeUndefined();
  });

  it('Error Types', async () => {
    await call(1, 99);
    await charge.run(() => Promise.reject(new TypeError('x')), undefined).catch(() => undefined);
    expect(status.bind('payments', 'charge').errors.types).toEqual({
      ECONNREFUSED: 1,
      TypeError: 1,
    });
    const labels = { ...CHARGE, error_type: 'ECONNREFUSED' };
    expect(await metric('mainstay_operation_errors_total', labels)).toBe(1);
  });

  it('Recovery Times', async () => {
    await call(10, 1);
    expect(status.bind('payments', 'charge').errors.lastRecoveryMs).toBe(35);
    expect(await metric('mainstay_recovery_duration_seconds_sum', CHARGE)).toBeCloseTo(0.035);
    expect(await metric('mainstay_retries_total', CHARGE)).toBe(1);
  });

  it('Alerts: a resource that goes down and comes back changes its health, and each change is logged', async () => {
    const health = app.get(HealthMonitor);
    const error = vi.spyOn(Logger.prototype, 'error');
    const log = vi.spyOn(Logger.prototype, 'log');
    const api = app.get(PaymentsApi);
    api.isAway = true;
    await clock.advance(20_000);
    expect(health.get('payments')).toMatchObject({ state: 'down' });
    expect(error).toHaveBeenCalledWith(expect.stringMatching(/^payments is down, was up/));
    api.isAway = false;
    await clock.advance(20_000);
    expect(health.get('payments')).toMatchObject({ state: 'up' });
    expect(log).toHaveBeenCalledWith(expect.stringMatching(/^payments is up, was down/));
    const probe = { resource: 'payments', operation: 'probe' };
    expect(await metric('mainstay_recovery_duration_seconds_count', probe)).toBe(1);
  });
});
