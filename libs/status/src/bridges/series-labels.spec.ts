import { describe, expect, it } from 'vitest';
import { Gauge } from '../metrics/metric.js';
import { defineMetric, OPEN } from '../metrics/metric-definition.js';
import { labelsOf } from './series-labels.js';

const METRIC = defineMetric({
  name: 'mainstay_test',
  type: 'gauge',
  help: 'A metric of a test.',
  labels: { resource: OPEN, state: OPEN },
});

describe('labelsOf', () => {
  it.each([
    ['cache', 'up'],
    ['', ''],
    ['a"b', 'c\\d'],
    ['line\nbreak', 'back\\nslash'],
    ['x="y",state="z', '\\"'],
  ])('reads back what was bound: %j, %j', (resource, state) => {
    const gauge = new Gauge(METRIC, { maxLabelSets: 9, onOverflow: () => undefined });
    gauge.bind({ resource, state });
    const [series] = gauge.series();
    expect(labelsOf(series!)).toEqual({ resource, state });
    expect(labelsOf(series!)).toBe(labelsOf(series!));
  });

  it('gives a series without labels none', () => {
    expect(labelsOf({ labels: '', cell: undefined, prefixes: {} })).toEqual({});
  });
});
