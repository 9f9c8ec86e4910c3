import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { Operations, ResourceModule } from 'nestjs-mainstay/resource';
import { StatusManager, StatusModule } from 'nestjs-mainstay/status';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

type Log = MockInstance<(message: unknown, ...rest: unknown[]) => void>;

/**
 * Operation → Status Manager: begin operation → Performance Monitor: start timing; complete | failed → record success |
 * failure → Logger: log metrics | error; Monitor → Status Manager: update metrics → Operation: operation status
 */
describe('Metric Collection', () => {
  let clock: FakeClock;
  let module: TestingModule;
  let status: StatusManager;
  let debug: Log;
  let warn: Log;

  beforeEach(async () => {
    debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const level of ['log', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    clock = new FakeClock();
    module = await Test.createTestingModule({ imports: [StatusModule.forRoot(), ResourceModule] })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    await module.init();
    status = module.get(StatusManager);
  });
  afterEach(async () => {
    await module.close();
    vi.restoreAllMocks();
  });

  const summary = () => debug.mock.calls.map(([text]) => String(text)).join('\n');

  it('Success: timed, recorded as success, and in the metrics that are logged', async () => {
    const operation = status.beginOperation('reports', 'render');
    expect(status.operationStatus('reports', 'render')).toMatchObject({ attempts: 1, active: 1 });
    await clock.advance(30);
    expect(operation.complete()).toEqual({
      resource: 'reports',
      operation: 'render',
      attempts: 1,
      successes: 1,
      failures: 0,
      rejections: 0,
      cancellations: 0,
      active: 0,
    });
    const p50 = status.bind('reports', 'render').times.quantileMs(0.5) ?? 0;
    expect(p50).toBeGreaterThan(15);
    expect(p50).toBeLessThan(60);
    await clock.advance(60_000);
    expect(summary()).toContain('reports.render 1');
    expect(warn).not.toHaveBeenCalled();
  });

  it('Failure: timed, recorded as failure, and the error is logged', async () => {
    const operation = status.beginOperation('reports', 'render');
    await clock.advance(30);
    expect(operation.fail({ kind: 'unavailable', type: 'ECONNREFUSED' })).toMatchObject({
      attempts: 1,
      successes: 0,
      failures: 1,
      active: 0,
    });
    expect(warn).toHaveBeenCalledWith(
      'reports.render failed: unavailable (ECONNREFUSED) after 30 ms',
    );
    expect(status.bind('reports', 'render').errors.types).toEqual({ ECONNREFUSED: 1 });
    await clock.advance(60_000);
    expect(summary()).toContain('reports.render 1, 100 % failed');
  });

  it('the operations of resources take the same way by themselves', async () => {
    const charge = module
      .get(Operations, { strict: false })
      .of({ name: 'payments' }, { retry: false })
      .bind('charge');
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const running = charge.run(() => clock.sleep(20), undefined);
    expect(charge.status()).toMatchObject({ attempts: 1, active: 1 });
    await clock.advance(20);
    await running;
    await expect(charge.run(() => Promise.reject(refused), undefined)).rejects.toBe(refused);
    expect(charge.status()).toMatchObject({ attempts: 2, successes: 1, failures: 1, active: 0 });
    expect(status.operationStatus('payments', 'charge')).toEqual(charge.status());
    expect(warn).toHaveBeenCalledWith(
      'payments.charge failed: unavailable (ECONNREFUSED) after 0 ms',
    );
  });

  it('an operation that ends twice is recorded once', () => {
    const operation = status.beginOperation('reports', 'render');
    operation.complete();
    expect(operation.fail({ kind: 'unknown', type: 'Error' })).toMatchObject({
      attempts: 1,
      successes: 1,
      failures: 0,
    });
  });
});
