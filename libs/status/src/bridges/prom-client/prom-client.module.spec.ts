import { Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Operations } from 'nestjs-mainstay/resource';
import { register, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { StatusModule } from '../../index.js';
import { PromClientModule } from './index.js';

let app: TestingModule | undefined;

afterEach(() => app?.close());

async function start(bridge: DynamicModule): Promise<TestingModule> {
  app = await Test.createTestingModule({ imports: [StatusModule.forRoot(), bridge] })
    .setLogger({ log: () => {}, error: () => {}, warn: () => {} })
    .compile();
  return app.init();
}

@Module({ providers: [Registry], exports: [Registry] })
class MonitoringModule {}

describe('PromClientModule', () => {
  it("status rule 3: what operations record is in prom-client's own registry, until the application ends", async () => {
    const started = await start(PromClientModule.forRoot());
    const call = started.get(Operations, { strict: false }).of({ name: 'payments' }).bind('charge');
    await call.run(() => 'charged', undefined);
    const counted =
      'mainstay_operations_total{resource="payments",operation="charge",outcome="success"} 1\n';
    expect(await register.metrics()).toContain(counted);
    await started.close();
    expect(await register.metrics()).not.toContain('mainstay_');
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('takes a registry and its options from a factory', async () => {
    const started = await start(
      PromClientModule.forRootAsync({
        imports: [MonitoringModule],
        inject: [Registry],
        useFactory: (registry: Registry) => ({ registry, processMetrics: false }),
      }),
    );
    const text = await started.get(Registry, { strict: false }).metrics();
    expect(text).toContain('# TYPE mainstay_operations_total counter');
    expect(text).not.toMatch(/^(?:process|nodejs)_/m);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('ends the start with one error that says what to do when a name is taken', async () => {
    const registry = new Registry();
    const first = await start(PromClientModule.forRoot({ registry }));
    await expect(start(PromClientModule.forRoot({ registry }))).rejects.toMatchObject({
      code: 'METRIC_NAME_TAKEN',
    });
    await first.close();
  });
});
