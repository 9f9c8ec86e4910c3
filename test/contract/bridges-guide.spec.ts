import { readdir, readFile } from 'node:fs/promises';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { context, metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { CacheService } from 'nestjs-mainstay/cache';
import { DatabaseService } from 'nestjs-mainstay/database';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MonitoredAppModule } from './bridges-guide/monitored-app.module.js';
import { watchSlowCalls } from './bridges-guide/slow-calls.js';
import { TracedAppModule } from './bridges-guide/traced-app.module.js';

describe('the guide to the bridges (docs/guide/bridges.md)', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it("status rule 3: the application's own route of prom-client shows what operations recorded", async () => {
    const built = await Test.createTestingModule({ imports: [MonitoredAppModule] }).compile();
    app = built.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const charge = app.get(Operations, { strict: false }).of({ name: 'payments' }).bind('charge');
    await charge.run(() => 'charged', undefined);
    const response = await fetch(`${await app.getUrl()}/monitoring/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(text).toContain('orders_total 1\n');
    expect(text).toContain(
      'mainstay_operations_total{resource="payments",operation="charge",outcome="success"} 1\n',
    );
    expect(text.match(/^nodejs_version_info/gm)).toHaveLength(1);
    expect((await fetch(`${await app.getUrl()}/metrics`)).status).toBe(404);
  });

  it('status rule 3: a cache and a database are traced and timed, the database by the conventions for databases', async () => {
    const spans = new InMemorySpanExporter();
    const tracing = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    const times = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: times });
    const metering = new MeterProvider({ readers: [reader] });
    try {
      tracing.register();
      metrics.setGlobalMeterProvider(metering);
      vi.stubEnv('DATABASE_URL', 'sqlite::memory:');
      vi.stubEnv('STORAGE_URL', 'memory:');
      const built = await Test.createTestingModule({ imports: [TracedAppModule] }).compile();
      app = built.createNestApplication({ logger: false });
      await app.init();
      const database = app.get(DatabaseService, { strict: false });
      const cache = app.get(CacheService, { strict: false });
      const load = () => database.query('SELECT 42 AS answer');
      expect(await cache.getOrSet('planted-key', load)).toEqual([{ answer: 42 }]);
      await metering.forceFlush();
    } finally {
      vi.unstubAllEnvs();
      trace.disable();
      context.disable();
      metrics.disable();
      await metering.shutdown();
    }
    const finished = spans.getFinishedSpans();
    const query = finished.find(({ name }) => name === 'query database');
    expect(query?.attributes).toMatchObject({
      'db.system.name': 'sqlite',
      'db.operation.name': 'query',
    });
    expect(finished.map(({ name }) => name)).toContain('getOrSet cache');
    expect(query?.parentSpanContext?.spanId).toBeDefined();
    const found = times.getMetrics().flatMap((one) => one.scopeMetrics.flatMap((of) => of.metrics));
    const names = found.map(({ descriptor }) => descriptor.name);
    expect(names).toContain('db.client.operation.duration');
    expect(names).toContain('mainstay.operation.duration');
    expect(names).toContain('mainstay.resource.health');
    const shown = JSON.stringify([
      finished.map(({ name, attributes, events }) => ({ name, attributes, events })),
      found,
    ]);
    expect(shown).not.toMatch(/planted-key|SELECT/);
  });

  it('status rule 3: who listens to the channel of operations learns which were slow, and how they ended', async () => {
    const clock = new FakeClock();
    const told: [string, number][] = [];
    const end = watchSlowCalls(
      100,
      () => clock.now(),
      (...slow) => told.push(slow),
    );
    try {
      const call = new Operations(clock).of({ name: 'payments' }, { retry: false }).bind('charge');
      await call.run(async () => 'charged', undefined);
      const slow = call.run(() => clock.sleep(200), undefined);
      const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      const lost = call.run(() => clock.sleep(300).then(() => Promise.reject(reset)), undefined);
      const settled = Promise.allSettled([slow, lost]);
      await clock.advance(1_000);
      await settled;
    } finally {
      end();
    }
    expect(told).toEqual([
      ['payments.charge succeeded', 200],
      ['payments.charge ECONNRESET', 300],
    ]);
  });

  it('shows every file exactly as it is tested here', async () => {
    const folder = new URL('./bridges-guide/', import.meta.url);
    const guide = await readFile(new URL('../../docs/guide/bridges.md', import.meta.url), 'utf8');
    for (const file of await readdir(folder)) {
      const source = await readFile(new URL(file, folder), 'utf8');
      expect(guide).toContain(`\`\`\`ts\n// ${file}\n${source}\`\`\``);
    }
  });
});
