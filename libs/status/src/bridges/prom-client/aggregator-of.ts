import type { Aggregator } from 'prom-client';
import type { MetricDefinition } from '../../metrics/metric-definition.js';

/**
 * How prom-client's AggregatorRegistry joins the workers of a cluster: what counts is added up, shares and times that are
 * gauges are averaged. The start of a process has no sum, as with prom-client's own metric of that name.
 */
export function aggregatorOf({ name, type, unit }: MetricDefinition): Aggregator {
  if (type !== 'gauge') return 'sum';
  if (name === 'process_start_time_seconds') return 'omit';
  if (name.endsWith('_info')) return 'first';
  return unit === 'seconds' || name.endsWith('_ratio') ? 'average' : 'sum';
}
