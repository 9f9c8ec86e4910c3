import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeExposition } from '../../metrics/exposition.js';
import type { ExpositionFormat } from '../../metrics/exposition-format.js';
import { defineMetric, OPEN } from '../../metrics/metric-definition.js';
import { MetricRegistry } from '../../metrics/metric-registry.js';
import { NODEJS_VERSION, PROCESS_START_TIME } from '../../metrics/process-metrics.js';
import { CONNECTION_UP, OPERATION_DURATION, OPERATIONS } from '../../metrics/status-metrics.js';
import { PromClientBridge } from './prom-client-bridge.js';

const GET = { resource: 'cache', operation: 'get' } as const;
/** No metric of Mainstay's own. */
const OWN = defineMetric({
  name: 'mainstay_own',
  type: 'gauge',
  help: 'A metric of somebody else.',
  labels: { resource: OPEN },
});

/** Our numbers; cumulated, one above the last bucket, and with a name that must be escaped. */
function recordSomething(metrics: MetricRegistry): void {
  metrics
    .counter(OPERATIONS)
    .bind({ ...GET, outcome: 'success' })
    .increment(3);
  metrics
    .counter(OPERATIONS)
    .bind({ resource: 'a"b\\c\nd', operation: 'get', outcome: 'failure' })
    .increment();
  const duration = metrics.histogram(OPERATION_DURATION).bind({ ...GET, outcome: 'success' });
  for (const seconds of [0.0001, 0.002, 0.002, 99]) duration.observe(seconds);
  metrics.gauge(PROCESS_START_TIME).bind({}).set(1_764_000_000.25);
  metrics.gauge(NODEJS_VERSION).bind({ version: 'v20.19.0' }).set(1);
}

/** The numbers of a text with their types; which metrics are said to exist before they have any may differ. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const heads = lines.filter((line) => {
    const [, type, name = ''] = /^# (TYPE|HELP) (\S+)/.exec(line) ?? [];
    return type !== undefined && samples.some((sample) => sample.startsWith(name));
  });
  return [...heads, ...samples].toSorted();
}

describe('PromClientBridge', () => {
  let metrics: MetricRegistry;
  let registry: Registry;
  let bridge: PromClientBridge;

  beforeEach(() => {
    metrics = new MetricRegistry();
    registry = new Registry();
    bridge = new PromClientBridge(metrics, registry, true);
    recordSomething(metrics);
  });
  afterEach(() => vi.restoreAllMocks());

  const ours = async (format: ExpositionFormat): Promise<string> =>
    Buffer.concat(await writeExposition(metrics.collect(), format, new FakeClock())).toString();

  it('status rule 3: an existing prom-client registry shows all metrics, with the same names and numbers as /metrics', async () => {
    bridge.onModuleInit();
    expect(linesOf(await registry.metrics())).toEqual(linesOf(await ours('prometheus')));
    metrics
      .counter(OPERATIONS)
      .bind({ ...GET, outcome: 'success' })
      .increment();
    expect(await registry.metrics()).toContain(
      'mainstay_operations_total{resource="cache",operation="get",outcome="success"} 4\n',
    );
  });

  it('status rule 3: a registry of prom-client in OpenMetrics shows them as OpenMetrics asks', async () => {
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    bridge.onModuleInit();
    const text = await registry.metrics();
    const wholeBounds = (await ours('openmetrics')).replace(/le="(\d+)\.0"/g, 'le="$1"');
    expect(linesOf(text)).toEqual(linesOf(wholeBounds));
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
    expect(linesOf(await registry.metrics())).toEqual(linesOf(await ours('prometheus')));
  });

  it('stands beside the metrics of the application, with its default labels', async () => {
    new Gauge({ name: 'orders_open', help: 'Open orders.', registers: [registry] }).set(7);
    registry.setDefaultLabels({ pod: 'a-1' });
    bridge.onModuleInit();
    const text = await registry.metrics();
    expect(text).toContain('orders_open{pod="a-1"} 7\n');
    expect(text).toContain('mainstay_operation_duration_seconds_sum{');
    expect(text.match(/^mainstay_.*pod="a-1"/gm)?.length).toBe(text.match(/^mainstay_/gm)?.length);
  });

  it('gives the numbers as JSON, and one metric by its name', async () => {
    bridge.onModuleInit();
    const json = await registry.getMetricsAsJSON();
    const operations = json.find(({ name }) => name === 'mainstay_operations_total');
    expect(operations).toMatchObject({
      type: 'counter',
      aggregator: 'sum',
      values: [
        { labels: { ...GET, outcome: 'success' }, value: 3 },
        { labels: { resource: 'a"b\\c\nd', operation: 'get', outcome: 'failure' }, value: 1 },
      ],
    });
    expect(await registry.getSingleMetricAsString('nodejs_version_info')).toMatch(
      /nodejs_version_info\{version="v20.19.0"\} 1$/,
    );
  });

  it('keeps its numbers when somebody resets the registry: health and alerts live on them', async () => {
    const gauge = new Gauge({ name: 'orders_open', help: 'Open orders.', registers: [registry] });
    gauge.set(7);
    bridge.onModuleInit();
    registry.resetMetrics();
    const text = await registry.metrics();
    expect(text).toContain('orders_open 0\n');
    expect(text).toContain(
      'mainstay_operations_total{resource="cache",operation="get",outcome="success"} 3\n',
    );
  });

  it('joins the workers of a cluster: counts add up, the start of a process has no sum', async () => {
    bridge.onModuleInit();
    const worker = await registry.getMetricsAsJSON();
    const joined = await AggregatorRegistry.aggregate([worker, structuredClone(worker)]).metrics();
    expect(joined).toContain(
      'mainstay_operations_total{resource="cache",operation="get",outcome="success"} 6\n',
    );
    expect(joined).toMatch(/mainstay_operation_duration_seconds_bucket\{[^}]*le="\+Inf"\} 8\n/);
    expect(joined).toContain('nodejs_version_info{version="v20.19.0"} 1\n');
    expect(joined).not.toContain('process_start_time_seconds');
  });

  it('asks for the state that gauges show once for a scrape', async () => {
    const update = vi.fn<() => void>();
    metrics.beforeScrape(update);
    bridge.onModuleInit();
    update.mockClear();
    await registry.metrics();
    expect(update).toHaveBeenCalledTimes(1);
    await registry.getMetricsAsJSON();
    expect(update).toHaveBeenCalledTimes(2);
  });

  it('shows a metric of Mainstay in the scrape after it was used first, any other one scrape later', async () => {
    bridge.onModuleInit();
    metrics.gauge(CONNECTION_UP).bind({ resource: 'cache' }).set(1);
    metrics.gauge(OWN).bind({ resource: 'cache' }).set(2);
    expect(await registry.metrics()).toContain('mainstay_connection_up{resource="cache"} 1\n');
    expect(await registry.metrics()).toContain('mainstay_own{resource="cache"} 2\n');
  });

  it('status rule 3: refuses names that the registry has given to others, and registers nothing then', async () => {
    for (const name of ['mainstay_operations_total', 'nodejs_version_info']) {
      registry.registerMetric(new Gauge({ name, help: 'Taken.', registers: [] }));
    }
    expect(() => bridge.onModuleInit()).toThrow(
      expect.objectContaining({
        code: 'METRIC_NAME_TAKEN',
        message: expect.stringMatching(
          /mainstay_operations_total, nodejs_version_info\.[\s\S]*processMetrics: false/,
        ) as string,
      }),
    );
    expect(registry.getMetricsAsArray()).toHaveLength(2);
    expect(await registry.metrics()).not.toContain('mainstay_connection_up');
  });

  it('refuses a name that is taken while the application runs: said once, the other metric stays', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    bridge.onModuleInit();
    const other = new Gauge({ name: OWN.name, help: 'Taken.', registers: [registry] });
    metrics.gauge(OWN).bind({ resource: 'cache' }).set(5);
    await registry.metrics();
    expect(await registry.metrics()).not.toContain('mainstay_own{');
    expect(registry.getSingleMetric(OWN.name)).toBe(other);
    expect(error.mock.calls.flat().join()).toContain(OWN.name);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('leaves the process to collectDefaultMetrics() when it is told to', async () => {
    collectDefaultMetrics({ register: registry });
    expect(() => bridge.onModuleInit()).toThrow(/nodejs_heap_size_used_bytes/);
    new PromClientBridge(metrics, registry, false).onModuleInit();
    const text = await registry.metrics();
    expect(text).toContain('mainstay_operations_total{');
    expect(text.match(/^nodejs_version_info/gm)).toHaveLength(1);
  });

  it('leaves the registry as it was when the application ends', async () => {
    bridge.onModuleInit();
    const other = new Gauge({ name: 'orders_open', help: 'Open orders.', registers: [registry] });
    registry.removeSingleMetric(OPERATIONS.name);
    const taken = new Gauge({ name: OPERATIONS.name, help: 'Taken.', registers: [registry] });
    bridge.onApplicationShutdown();
    expect(registry.getMetricsAsArray()).toEqual([other, taken]);
  });

  it('stays out of the registry when somebody asks a metric that he kept', async () => {
    bridge.onModuleInit();
    const kept = registry.getSingleMetric(OPERATIONS.name);
    bridge.onApplicationShutdown();
    await kept?.get();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});
