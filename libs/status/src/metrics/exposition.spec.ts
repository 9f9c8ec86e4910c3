import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { writeExposition } from './exposition.js';
import type { ExpositionFormat } from './exposition-format.js';
import { defineMetric, OPEN } from './metric-definition.js';
import { MetricRegistry } from './metric-registry.js';
import { negotiateFormat } from './negotiate-format.js';

const CALLS = defineMetric({
  name: 'calls_total',
  type: 'counter',
  help: 'Calls, "all" of them.',
  labels: { name: OPEN },
});
const TIMES = defineMetric({
  name: 'times_seconds',
  type: 'histogram',
  help: 'Times.',
  unit: 'seconds',
  labels: {},
  buckets: [0.5, 1],
});

function filled(): MetricRegistry {
  const registry = new MetricRegistry();
  registry.counter(CALLS).bind({ name: 'a' }).increment(2);
  for (const time of [0.1, 1, 3]) registry.histogram(TIMES).bind({}).observe(time);
  return registry;
}

async function written(registry: MetricRegistry, format: ExpositionFormat): Promise<string> {
  return Buffer.concat(
    await writeExposition(registry.collect(), format, new FakeClock()),
  ).toString();
}

/** A clock on which every look takes a while. */
class BusyClock extends FakeClock {
  yields = 0;
  #looks = 0;

  override now(): number {
    return this.#looks++;
  }

  override yield(): Promise<void> {
    this.yields++;
    return super.yield();
  }
}

describe('writeExposition', () => {
  it('status rule 2: writes the Prometheus text format 0.0.4', async () => {
    expect(await written(filled(), 'prometheus')).toBe(
      [
        '# HELP calls_total Calls, "all" of them.',
        '# TYPE calls_total counter',
        'calls_total{name="a"} 2',
        '# HELP times_seconds Times.',
        '# TYPE times_seconds histogram',
        'times_seconds_bucket{le="0.5"} 1',
        'times_seconds_bucket{le="1"} 2',
        'times_seconds_bucket{le="+Inf"} 3',
        'times_seconds_sum 4.1',
        'times_seconds_count 3',
        '',
      ].join('\n'),
    );
  });

  it('status rule 2: writes OpenMetrics', async () => {
    expect(await written(filled(), 'openmetrics')).toBe(
      [
        '# TYPE calls counter',
        '# HELP calls Calls, \\"all\\" of them.',
        'calls_total{name="a"} 2',
        '# TYPE times_seconds histogram',
        '# UNIT times_seconds seconds',
        '# HELP times_seconds Times.',
        'times_seconds_bucket{le="0.5"} 1',
        'times_seconds_bucket{le="1.0"} 2',
        'times_seconds_bucket{le="+Inf"} 3',
        'times_seconds_sum 4.1',
        'times_seconds_count 3',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('status rule 2: lets the event loop turn while it writes many series', async () => {
    const registry = new MetricRegistry(10_000);
    for (let i = 0; i < 10_000; i++) registry.counter(CALLS).bind({ name: `n${i}` });
    const clock = new BusyClock();

    const parts = await writeExposition(registry.collect(), 'prometheus', clock);

    expect(clock.yields).toBeGreaterThan(5);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(20_000);
  });

  it('status rule 2: shows in the second scrape what was counted and bound after the first', async () => {
    const registry = filled();
    await written(registry, 'prometheus');
    await written(registry, 'openmetrics');
    registry.counter(CALLS).bind({ name: 'a' }).increment(40);
    registry.counter(CALLS).bind({ name: 'b' }).increment();
    registry.histogram(TIMES).bind({}).observe(0.2);
    const text = await written(registry, 'prometheus');
    expect(text).toContain('calls_total{name="a"} 42\ncalls_total{name="b"} 1\n');
    expect(text).toContain('le="0.5"} 2\n');
    expect(text).toContain('times_seconds_count 4\n');
  });
});

describe('negotiateFormat', () => {
  it.each([
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/plain', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text;version=0.0.1', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;version="1.0.0";q=0.2,text/plain;q=0.9', 'prometheus'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
  ])('status rule 2: Accept %s gives %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format);
  });
});
