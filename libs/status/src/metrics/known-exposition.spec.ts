import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { checkMetrics } from '../../../../test/support/check-metrics.js';
import { readOpenMetrics } from '../../../../test/support/open-metrics.js';
import { writeExposition } from './exposition.js';
import type { ExpositionFormat } from './exposition-format.js';
import { METRIC_CATALOGUE } from './metric-catalogue.js';
import { OPEN, type LabelDomain, type MetricDefinition } from './metric-definition.js';
import { MetricRegistry } from './metric-registry.js';

/** A name that has to be escaped. */
const AWKWARD = 'C:\\temp "new"\nline é';

/** All label sets of a metric, with an ordinary and an awkward name for each open label. */
function labelSets({ labels }: MetricDefinition): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [label, domain] of Object.entries<LabelDomain>(labels)) {
    const values = domain === OPEN ? ['cache', AWKWARD] : domain;
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

/** Has a number for every metric that there is, in each of its series. */
function registryOfAll(): MetricRegistry {
  const registry = new MetricRegistry();
  for (const definition of METRIC_CATALOGUE) {
    for (const labels of labelSets(definition)) {
      if (definition.type === 'counter') registry.counter(definition).bind(labels).increment(1.5);
      else if (definition.type === 'gauge') registry.gauge(definition).bind(labels).set(1e-7);
      else
        for (const time of [0, 0.003, 1e9])
          registry.histogram(definition).bind(labels).observe(time);
    }
  }
  return registry;
}

async function textOfAll(format: ExpositionFormat): Promise<string> {
  const parts = await writeExposition(registryOfAll().collect(), format, new FakeClock());
  return Buffer.concat(parts).toString();
}

describe('the exposition of all metrics', () => {
  it('status rule 2: promtool has nothing to say against any metric', async () => {
    const text = await textOfAll('prometheus');
    expect(text.match(/^# TYPE /gm)).toHaveLength(METRIC_CATALOGUE.length);
    expect(checkMetrics(text)).toBe('');
  });

  it('status rule 2: is strict OpenMetrics 1.0', async () => {
    const text = await textOfAll('openmetrics');
    expect(text.match(/^# TYPE /gm)).toHaveLength(METRIC_CATALOGUE.length);
    const lines = text.trimEnd().split('\n');
    const samples = lines.filter((line) => !line.startsWith('#')).length;
    expect(readOpenMetrics(text)).toBe(samples);
  });
});
