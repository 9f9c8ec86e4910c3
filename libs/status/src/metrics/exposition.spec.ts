import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { writeExposition } from './exposition.js';
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
    expect(await writeExposition(filled().collect(), 'prometheus', new FakeClock())).toBe(
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
    expect(await writeExposition(filled().collect(), 'openmetrics', new FakeClock())).toBe(
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
    for (let i = 0; i < 1_000; i++) registry.counter(CALLS).bind({ name: `n${i}` });
    const clock = new BusyClock();

    await writeExposition(registry.collect(), 'prometheus', clock);

    expect(clock.yields).toBeGreaterThan(5);
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
