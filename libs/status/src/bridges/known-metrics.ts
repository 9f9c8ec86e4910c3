import type { MetricDefinition } from '../metrics/metric-definition.js';
import * as pipelineMetrics from '../metrics/pipeline-metrics.js';
import * as processMetrics from '../metrics/process-metrics.js';
import * as statusMetrics from '../metrics/status-metrics.js';

/** All metrics that Mainstay may have, also those that nothing has been counted in yet; see docs/telemetry.md. */
export const KNOWN_METRICS: readonly MetricDefinition[] = [
  statusMetrics,
  pipelineMetrics,
  processMetrics,
]
  .flatMap((module): unknown[] => Object.values(module))
  .filter(isDefinition);

function isDefinition(value: unknown): value is MetricDefinition {
  return typeof value === 'object' && value !== null && 'help' in value;
}
