import type { MetricDefinition } from './metric-definition.js';
import * as pipelineMetrics from './pipeline-metrics.js';
import * as processMetrics from './process-metrics.js';
import * as statusMetrics from './status-metrics.js';

/**
 * Every metric that `/metrics` can show, with its labels: what docs/telemetry.md is made of, and what the contract of
 * modules compares a scrape with.
 */
export const METRIC_CATALOGUE: readonly MetricDefinition[] = [
  statusMetrics,
  pipelineMetrics,
  processMetrics,
].flatMap(definitionsOf);

function definitionsOf(module: object): MetricDefinition[] {
  return Object.values(module).filter(
    (value): value is MetricDefinition =>
      typeof value === 'object' && value !== null && 'help' in value,
  );
}
