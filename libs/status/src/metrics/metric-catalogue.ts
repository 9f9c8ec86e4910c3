import type { Resource } from 'nestjs-mainstay/resource';
import type { MetricDefinition } from './metric-definition.js';
import * as pipelineMetrics from './pipeline-metrics.js';
import * as processMetrics from './process-metrics.js';
import { definitionOf } from './resource-metric-definition.js';
import * as statusMetrics from './status-metrics.js';

/** Every metric that `/metrics` shows of whatever resources, with its labels. */
export const METRIC_CATALOGUE: readonly MetricDefinition[] = [
  statusMetrics,
  pipelineMetrics,
  processMetrics,
].flatMap(definitionsOf);

/**
 * Every metric that `/metrics` can show where there are these resources: what docs/telemetry.md is made of, and what the
 * contract of modules compares a scrape with.
 */
export function metricCatalogue(resources: readonly Resource[]): readonly MetricDefinition[] {
  const given = resources.flatMap(({ metrics }) => metrics.map(definitionOf));
  const byName = new Map([...METRIC_CATALOGUE, ...given].map((one) => [one.name, one]));
  return [...byName.values()];
}

function definitionsOf(module: object): MetricDefinition[] {
  return Object.values(module).filter(
    (value): value is MetricDefinition =>
      typeof value === 'object' && value !== null && 'help' in value,
  );
}
