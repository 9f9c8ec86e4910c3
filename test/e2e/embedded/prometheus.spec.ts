import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMetrics } from '../../support/check-metrics.js';
import { DocumentsClient } from '../../support/documents-client.js';
import { eventually } from '../../support/eventually.js';
import { ended, readMetrics } from '../../support/metrics.js';
import { readOpenMetrics } from '../../support/open-metrics.js';
import { PrometheusServer } from '../../support/servers/prometheus-server.js';
import { ServiceProcess } from '../../support/service-process.js';

const UPLOADS = 7;
const PUTS = '{resource="storage",operation="put",outcome="success"}';

let service: ServiceProcess;
let prometheus: PrometheusServer;

beforeAll(async () => {
  service = await ServiceProcess.start();
  const client = new DocumentsClient(service.url);
  for (let index = 0; index < UPLOADS; index++) {
    const { body } = await client.upload({ name: `${index}.txt`, content: 'counted' });
    await client.json(`/documents/${body.id}`);
  }
  prometheus = await PrometheusServer.start(`127.0.0.1:${service.port}`);
}, 90_000);

afterAll(async () => {
  await prometheus?.dispose();
  await service?.dispose();
});

describe('a real Prometheus and the service', () => {
  it('status rule 2: promtool finds nothing wrong with the metrics of the running service', async () => {
    const response = await fetch(`${service.url}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(checkMetrics(await response.text())).toBe('');
  });

  it('status rule 2: what the running service writes as OpenMetrics is that', async () => {
    const headers = { accept: 'application/openmetrics-text;version=1.0.0' };
    const response = await fetch(`${service.url}/metrics`, { headers });
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    expect(readOpenMetrics(await response.text())).toBeGreaterThan(50);
  });

  it('status rule 2: Prometheus scrapes it, in OpenMetrics: only there has a metric a unit', async () => {
    await eventually(async () => {
      expect(await values('up')).toEqual([1]);
      expect(await prometheus.metadata('mainstay_operation_duration_seconds')).toMatchObject([
        { type: 'histogram', unit: 'seconds' },
      ]);
    }, 30_000);
  });

  it('status rule 2: Prometheus knows how many operations there were, and how long they took', async () => {
    const { success } = ended(await readMetrics(service.url), 'storage', 'put');
    expect(success).toBe(UPLOADS);
    const bucket = `mainstay_operation_duration_seconds_bucket${PUTS}`;
    await eventually(async () => {
      expect(await values(`mainstay_operations_total${PUTS}`)).toEqual([success]);
      expect(await values(`mainstay_operation_duration_seconds_count${PUTS}`)).toEqual([success]);
      const [p50 = Number.NaN] = await values(`histogram_quantile(0.5, ${bucket})`);
      const [lower, upper] = await bucketOfMedian();
      expect(p50).toBeGreaterThanOrEqual(lower);
      expect(p50).toBeLessThanOrEqual(upper);
    }, 30_000);
  });
});

async function values(expression: string): Promise<number[]> {
  return (await prometheus.query(expression)).map(({ value }) => value);
}

/** Between which bounds of `/metrics` the service says the median to be; beyond the last bound that one is both. */
async function bucketOfMedian(): Promise<[number, number]> {
  const { operations } = (await (await fetch(`${service.url}/status.json`)).json()) as {
    operations: { resource: string; operation: string; p50Ms: number }[];
  };
  const put = operations.find((one) => one.resource === 'storage' && one.operation === 'put');
  const seconds = (put?.p50Ms ?? Number.NaN) / 1_000;
  const metrics = await readMetrics(service.url);
  const bounds = metrics
    .filter(
      ({ name, labels }) =>
        name.endsWith('operation_duration_seconds_bucket') &&
        labels['operation'] === 'put' &&
        labels['resource'] === 'storage',
    )
    .map(({ labels }) => Number(labels['le']?.replace('+Inf', 'Infinity')));
  const below = bounds.filter((bound) => bound < seconds).at(-1) ?? 0;
  const above = bounds.find((bound) => bound >= seconds) ?? Infinity;
  return [below, above];
}
