import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readOpenMetrics } from '../../../../test/support/open-metrics.js';
import { StatusModule } from '../index.js';
import { defineMetric, OPEN } from '../metrics/metric-definition.js';
import { MetricRegistry } from '../metrics/metric-registry.js';

const SERIES = 10_000;
const CALLS = defineMetric({
  name: 'calls_total',
  type: 'counter',
  help: 'Calls of something.',
  labels: { name: OPEN },
});

class Payments extends Resource {
  readonly name = 'payments';
  probes = 0;

  protected steps() {
    return [];
  }

  async probe() {
    this.probes++;
    return { capabilities: { read: true, write: true } };
  }

  async close() {}
}

describe.each(['express', 'fastify'] as const)('/metrics on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    const status = StatusModule.forRoot({
      config: { maxLabelSets: 20_000 },
    });
    const module = await Test.createTestingModule({
      imports: [status, ResourceModule],
      providers: [Payments],
    })
      // Stands still: what runs in the background every few seconds does not run.
      .overrideProvider(Clock)
      .useValue(new FakeClock())
      .compile();
    app =
      platform === 'fastify'
        ? module.createNestApplication(new FastifyAdapter(), { logger: false })
        : module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    url = `${await app.getUrl()}/metrics`;
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await app.close();
  });

  it('status rule 2: hands over 10,000 series whole, without an ETag, whose making would hold the loop', async () => {
    const calls = app.get(MetricRegistry, { strict: false }).counter(CALLS);
    for (let index = 0; index < SERIES; index++) {
      calls.bind({ name: `number ${index} of many` }).increment(index);
    }
    const response = await fetch(url, { headers: { accept: 'application/openmetrics-text' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(response.headers.get('etag')).toBeNull();
    const text = await response.text();
    expect(readOpenMetrics(text)).toBeGreaterThan(SERIES);
    expect(text).toContain('calls_total{name="number 9999 of many"} 9999\n');
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(text));
  });

  it('status rule 2: a scrape measures nothing: neither memory nor CPU nor a resource', async () => {
    const payments = app.get(Payments);
    const memory = vi.spyOn(process, 'memoryUsage');
    const cpu = vi.spyOn(process, 'cpuUsage');
    for (let scrape = 0; scrape < 3; scrape++) {
      expect(await (await fetch(url)).text()).toContain('process_resident_memory_bytes ');
    }
    expect(memory).not.toHaveBeenCalled();
    expect(cpu).not.toHaveBeenCalled();
    expect(payments.probes).toBe(0);
  });
});
