import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineMetric, OPEN } from './metric-definition.js';
import { MetricRegistry } from './metric-registry.js';

const REQUESTS = defineMetric({
  name: 'requests_total',
  type: 'counter',
  help: 'Requests.',
  labels: { route: OPEN, outcome: ['success', 'failure'] as const },
});

afterEach(() => vi.restoreAllMocks());

function labelsOf(registry: MetricRegistry, name: string): string[] {
  const metric = registry.collect().find(({ definition }) => definition.name === name);
  return [...(metric?.series() ?? [])].map(({ labels }) => labels);
}

describe('MetricRegistry', () => {
  it('gives the same cell for the same labels, in whatever order they are given', () => {
    const counter = new MetricRegistry().counter(REQUESTS);
    expect(counter.bind({ outcome: 'success', route: 'a' })).toBe(
      counter.bind({ route: 'a', outcome: 'success' }),
    );
  });

  it('gives the same metric for the same definition', () => {
    const registry = new MetricRegistry();
    expect(registry.counter(REQUESTS)).toBe(registry.counter(REQUESTS));
  });

  it('status rule 2: counts names beyond the limit as _OTHER, says how many, and warns once', () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const registry = new MetricRegistry(2);
    const counter = registry.counter(REQUESTS);

    for (const route of ['a', 'b', 'c', 'd'])
      counter.bind({ route, outcome: 'success' }).increment();

    expect(labelsOf(registry, 'requests_total')).toEqual([
      'route="a",outcome="success"',
      'route="b",outcome="success"',
      'route="_OTHER",outcome="success"',
    ]);
    expect(counter.bind({ route: 'c', outcome: 'success' }).value).toBe(2);
    expect(labelsOf(registry, 'mainstay_metric_label_overflows_total')).toEqual([
      'metric="requests_total"',
    ]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('does not count the values of closed labels against the limit', () => {
    const counter = new MetricRegistry(1).counter(REQUESTS);
    const success = counter.bind({ route: 'a', outcome: 'success' });
    const failure = counter.bind({ route: 'a', outcome: 'failure' });
    expect(failure).not.toBe(success);
    expect([...counter.series()].map(({ labels }) => labels)).toEqual([
      'route="a",outcome="success"',
      'route="a",outcome="failure"',
    ]);
  });

  it('status rule 2: refuses a value that a closed label does not have, and makes no series of it', () => {
    const counter = new MetricRegistry().counter(REQUESTS);
    expect(() => counter.bind({ route: 'a', outcome: 'GET /users/7' })).toThrow(
      'requests_total has no outcome="GET /users/7"; it is one of success, failure.',
    );
    expect([...counter.series()]).toEqual([]);
  });

  it('escapes what labels must not contain', () => {
    const counter = new MetricRegistry().counter(REQUESTS);
    counter.bind({ route: 'a"b\\c\nd', outcome: 'success' });
    expect([...counter.series()][0]?.labels).toBe('route="a\\"b\\\\c\\nd",outcome="success"');
  });

  it('updates gauges before it is read', () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge(
      defineMetric({ name: 'g', type: 'gauge', help: 'G.', labels: {} }),
    );
    registry.beforeScrape(() => gauge.bind({}).set(7));
    registry.collect();
    expect(gauge.bind({}).value).toBe(7);
  });
});
