import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  Operations,
  Resource,
  ResourceModule,
  type OperationCallHandler,
  type OperationExecutionContext,
  type OperationInterceptor,
  type ResourceMetric,
} from 'nestjs-mainstay/resource';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StatusModule } from '../../index.js';
import { MetricRegistry } from '../../metrics/metric-registry.js';
import { OpenTelemetryModule } from './index.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const DAY_MS = 86_400_000;

@Injectable()
class Ledger extends Resource {
  readonly name = 'ledger';
  override readonly system = 'postgresql';
  override readonly metrics: readonly ResourceMetric[] = [
    {
      name: 'mainstay_ledger_oldest_entry_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'Age of the oldest entry.',
      read: () => 7,
    },
  ];

  protected steps() {
    return [{ name: 'test connection', run: () => undefined }];
  }

  async probe() {
    return { capabilities: { read: true } };
  }

  async close() {}
}

const order: string[] = [];

@Injectable()
class OwnInterceptor implements OperationInterceptor {
  intercept(_call: OperationExecutionContext, next: OperationCallHandler): Promise<unknown> {
    order.push(trace.getActiveSpan() ? 'inside of the span' : 'outside');
    return next.handle();
  }
}

@Module({ imports: [ResourceModule], providers: [Ledger], exports: [Ledger] })
class LedgerModule {}

describe('OpenTelemetryModule', () => {
  let app: TestingModule | undefined;
  let exporter: InMemoryMetricExporter;
  let meterProvider: MeterProvider;
  let spans: InMemorySpanExporter;
  let tracerProvider: NodeTracerProvider;

  beforeEach(() => {
    order.length = 0;
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: DAY_MS });
    meterProvider = new MeterProvider({ readers: [reader] });
    spans = new InMemorySpanExporter();
    tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  });
  afterEach(async () => {
    await app?.close();
    await meterProvider.shutdown();
    await tracerProvider.shutdown();
    trace.disable();
    metrics.disable();
  });

  async function start(...imports: DynamicModule[]): Promise<Operations> {
    const own = ResourceModule.forRoot({ interceptors: [OwnInterceptor] });
    app = await Test.createTestingModule({ imports: [LedgerModule, own, ...imports] })
      .setLogger({ log: () => {}, error: () => {}, warn: () => {} })
      .compile();
    await app.init();
    return app.get(Operations, { strict: false });
  }

  async function read(): Promise<ReadonlyMap<string, MetricData>> {
    exporter.reset();
    await meterProvider.forceFlush();
    const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    expect(found.every(({ scope }) => scope.name === 'nestjs-mainstay')).toBe(true);
    return new Map(found.flatMap((one) => one.metrics).map((one) => [one.descriptor.name, one]));
  }

  async function work(operations: Operations): Promise<void> {
    const ledger = operations.of({ name: 'ledger' }, { tryTimeoutMs: 20_000 });
    const query = ledger.bind('query', { idempotent: true });
    let errors = [REFUSED];
    const once = async (): Promise<string> => {
      const error = errors.pop();
      if (error) throw error;
      return 'rows';
    };
    await query.run(once, undefined);
    await query.run(once, undefined);
    errors = Array.from({ length: 9 }, () => REFUSED);
    await expect(query.run(once, undefined)).rejects.toBe(REFUSED);
    await operations
      .of({ name: 'mails' })
      .bind('send')
      .run(() => 'sent', undefined);
  }

  it('status rule 3: times are in the histogram of the semantic conventions for databases, all others in our own', async () => {
    const operations = await start(
      StatusModule.forRoot(),
      OpenTelemetryModule.forRoot({ meterProvider, tracerProvider }),
    );
    await work(operations);
    const found = await read();
    const database = { 'db.system.name': 'postgresql', 'db.operation.name': 'query' };
    expect(found.get('db.client.operation.duration')).toMatchObject({
      descriptor: { unit: 's' },
      dataPoints: [
        { attributes: { ...database, 'mainstay.resource.name': 'ledger' }, value: { count: 2 } },
        { attributes: { ...database, 'error.type': 'ECONNREFUSED' }, value: { count: 1 } },
      ],
    });
    const [point] = found.get('db.client.operation.duration')!.dataPoints;
    expect(point?.value).toMatchObject({
      buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
    expect(found.get('mainstay.operation.duration')).toMatchObject({
      descriptor: { unit: 's' },
      dataPoints: [
        {
          attributes: { 'mainstay.resource.name': 'mails', 'mainstay.operation.name': 'send' },
          value: { count: 1 },
        },
      ],
    });
  });

  it('calls that were rejected or given up have no time, as in /metrics', async () => {
    const operations = await start(OpenTelemetryModule.forRoot({ meterProvider }));
    const mails = operations.of({ name: 'mails' });
    const send = mails.bind('send');
    const signal = AbortSignal.abort();
    await expect(send.run(() => 1, undefined, { signal })).rejects.toThrow(/send/);
    mails.breaker?.isolate();
    await expect(send.run(() => 1, undefined)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect((await read()).get('mainstay.operation.duration')?.dataPoints ?? []).toEqual([]);
  });

  it('status rule 3: health, breakers, retries and fallbacks are read from the state when a reader asks', async () => {
    const operations = await start(
      StatusModule.forRoot(),
      OpenTelemetryModule.forRoot({ meterProvider, tracerProvider }),
    );
    await work(operations);
    await operations
      .of({ name: 'mails' })
      .bind('ask', { fallback: () => 'otherwise' })
      .run(() => Promise.reject(REFUSED), undefined);
    operations.find('mails')?.breaker?.isolate();
    const found = await read();
    const valueOf = (name: string, attributes: object): unknown =>
      found.get(name)?.dataPoints.find(({ attributes: own }) => {
        const entries = Object.entries(attributes);
        return entries.every(([key, value]) => own[key] === value);
      })?.value;
    const query = { 'mainstay.resource.name': 'ledger', 'mainstay.operation.name': 'query' };
    const ledger = { 'mainstay.resource.name': 'ledger' };
    expect(valueOf('mainstay.operation.retries', query)).toBeGreaterThanOrEqual(2);
    expect(valueOf('mainstay.operation.calls', { ...query, 'mainstay.outcome': 'success' })).toBe(
      2,
    );
    expect(valueOf('mainstay.operation.active', query)).toBe(0);
    expect(valueOf('mainstay.ledger.oldest_entry', ledger)).toBe(7);
    expect(valueOf('mainstay.operation.fallbacks', { 'mainstay.result': 'success' })).toBe(1);
    const isolated = { 'mainstay.resource.name': 'mails', 'mainstay.state': 'isolated' };
    expect(valueOf('mainstay.circuit_breaker.state', isolated)).toBe(1);
    const states = ['up', 'degraded', 'down', 'unknown'].map((state) =>
      valueOf('mainstay.resource.health', { ...ledger, 'mainstay.state': state }),
    );
    expect(states.toSorted()).toEqual([0, 0, 0, 1]);
    operations.find('mails')?.breaker?.reset();
    const isolatedNow = (await read())
      .get('mainstay.circuit_breaker.state')
      ?.dataPoints.find(
        ({ attributes }) =>
          attributes['mainstay.resource.name'] === 'mails' &&
          attributes['mainstay.state'] === 'isolated',
      )?.value;
    expect(isolatedNow).toBe(0);
  });

  it('status rule 3: its interceptor and those of the application work together, its own outermost', async () => {
    trace.setGlobalTracerProvider(tracerProvider);
    tracerProvider.register();
    const operations = await start(OpenTelemetryModule.forRoot());
    await operations
      .of({ name: 'ledger' })
      .bind('query')
      .run(() => 1, undefined);
    expect(order).toEqual(['inside of the span']);
    expect(spans.getFinishedSpans()).toHaveLength(1);
  });

  it('takes the global providers as they are when the application starts', async () => {
    tracerProvider.register();
    metrics.setGlobalMeterProvider(meterProvider);
    await work(await start(StatusModule.forRoot(), OpenTelemetryModule.forRoot()));
    expect(spans.getFinishedSpans().map(({ name }) => name)).toContain('query ledger');
    expect((await read()).has('db.client.operation.duration')).toBe(true);
  });

  it('status rule 3: without the module, or with everything switched off, operations have no interceptor of ours', async () => {
    tracerProvider.register();
    metrics.setGlobalMeterProvider(meterProvider);
    const off = { spans: false, metrics: false };
    const options = { inject: [], useFactory: () => off };
    await work(await start(StatusModule.forRoot(), OpenTelemetryModule.forRootAsync(options)));
    expect(order.every((where) => where === 'outside')).toBe(true);
    expect(spans.getFinishedSpans()).toEqual([]);
    exporter.reset();
    await meterProvider.forceFlush();
    expect(exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)).toEqual([]);
  });

  it('is asked nothing any more once the application has ended', async () => {
    await work(
      await start(
        StatusModule.forRoot(),
        OpenTelemetryModule.forRoot({ meterProvider, spans: false }),
      ),
    );
    const collect = vi.spyOn(app!.get(MetricRegistry, { strict: false }), 'collect');
    expect((await read()).has('mainstay.resource.health')).toBe(true);
    expect(collect).toHaveBeenCalledTimes(1);
    await app?.close();
    await read();
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('works without StatusModule: spans and times, no states', async () => {
    await work(await start(OpenTelemetryModule.forRoot({ meterProvider, tracerProvider })));
    const found = await read();
    expect([...found.keys()].toSorted()).toEqual([
      'db.client.operation.duration',
      'mainstay.operation.duration',
    ]);
  });
});
