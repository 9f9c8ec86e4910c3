import type { MetricDefinition } from '../../metrics/metric-definition.js';
import * as pipeline from '../../metrics/pipeline-metrics.js';
import * as status from '../../metrics/status-metrics.js';

/** Units as UCUM writes them. */
const UNITS = { seconds: 's', bytes: 'By' } as const;

/** How OpenTelemetry has one of our metrics that is read, not recorded. */
export interface ObservedState {
  readonly metric: MetricDefinition;
  readonly name: string;
  /** A count that only grows, a sum of parts, or a value that cannot be added up. */
  readonly instrument: 'counter' | 'up-down-counter' | 'gauge';
  readonly unit: string;
}

/**
 * What is observed when a reader asks. Numbers of the process are left to OpenTelemetry's own instrumentation of the
 * runtime, durations to the operations themselves.
 */
export const OBSERVED_STATES: readonly ObservedState[] = [
  count(status.OPERATIONS, 'mainstay.operation.calls', '{call}'),
  count(status.OPERATION_TRIES, 'mainstay.operation.tries', '{try}'),
  count(status.RETRIES, 'mainstay.operation.retries', '{retry}'),
  count(status.FALLBACKS, 'mainstay.operation.fallbacks', '{call}'),
  sum(status.OPERATIONS_ACTIVE, 'mainstay.operation.active', '{call}'),
  count(status.CACHE_REQUESTS, 'mainstay.cache.requests', '{request}'),
  sum(status.HEALTH_STATE, 'mainstay.resource.health', '1'),
  sum(status.CONNECTION_UP, 'mainstay.resource.connected', '1'),
  sum(pipeline.CIRCUIT_BREAKER_STATE, 'mainstay.circuit_breaker.state', '1'),
  count(
    pipeline.CIRCUIT_BREAKER_TRANSITIONS,
    'mainstay.circuit_breaker.transitions',
    '{transition}',
  ),
  { ...sum(pipeline.RETRY_BUDGET, 'mainstay.retry_budget.utilization', '1'), instrument: 'gauge' },
  sum(pipeline.LIMITER_CALLS, 'mainstay.limiter.calls', '{call}'),
  sum(pipeline.LIMITER_CALLS_MAX, 'mainstay.limiter.limit', '{call}'),
];

/**
 * A metric that a resource gives: `mainstay_cache_journal_depth` is `mainstay.cache.journal_depth`, other prefixes stay as
 * they are; unit and `_total` are no part of a name in OpenTelemetry.
 */
export function stateOf(metric: MetricDefinition): ObservedState {
  const { name, type, unit } = metric;
  const base = name.replace(/_total$/, '').replace(unit ? `_${unit}` : '', '');
  return {
    metric,
    name: base.replace(/^mainstay_([a-z0-9]+)_/, 'mainstay.$1.'),
    unit: unit ? UNITS[unit] : '1',
    instrument: type === 'counter' ? 'counter' : 'up-down-counter',
  };
}

function count(metric: MetricDefinition, name: string, unit: string): ObservedState {
  return { metric, name, unit, instrument: 'counter' };
}

function sum(metric: MetricDefinition, name: string, unit: string): ObservedState {
  return { metric, name, unit, instrument: 'up-down-counter' };
}
