import { HEALTH_STATES } from '../health/health-state.js';
import { defineMetric, OPEN } from './metric-definition.js';

/** Upper bounds of the buckets for times, in seconds. */
export const TIME_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How a call can end. A hit and a miss of a cache are successes; a recovered call and a fallback's are, too. */
export const OUTCOMES = ['success', 'failure', 'rejected', 'cancelled'] as const;
const DONE = ['success', 'failure'] as const;
const OPERATION = { resource: OPEN, operation: OPEN } as const;

export const OPERATIONS = defineMetric({
  name: 'mainstay_operations_total',
  type: 'counter',
  help: 'Calls that ended, by how they ended; the sum over outcome plus mainstay_operations_active is the number of attempts.',
  labels: { ...OPERATION, outcome: OUTCOMES },
});

export const OPERATIONS_ACTIVE = defineMetric({
  name: 'mainstay_operations_active',
  type: 'gauge',
  help: 'Calls that are running.',
  labels: OPERATION,
});

export const OPERATION_DURATION = defineMetric({
  name: 'mainstay_operation_duration_seconds',
  type: 'histogram',
  help: 'Time of whole calls, retries and fallbacks included; rejected and cancelled calls are not timed, nor are hits in memory that asked nobody.',
  unit: 'seconds',
  labels: { ...OPERATION, outcome: DONE },
  buckets: TIME_BUCKETS,
});

export const OPERATION_TRIES = defineMetric({
  name: 'mainstay_operation_tries_total',
  type: 'counter',
  help: 'Executions of the work of operations: the first try of each call and its retries.',
  labels: { ...OPERATION, outcome: DONE },
});

export const OPERATION_ERRORS = defineMetric({
  name: 'mainstay_operation_errors_total',
  type: 'counter',
  help: 'Calls that failed or were rejected, by type of error; sums up to the outcomes failure and rejected.',
  labels: { ...OPERATION, error_type: OPEN },
});

export const RETRIES = defineMetric({
  name: 'mainstay_retries_total',
  type: 'counter',
  help: 'Tries after the first one of a call.',
  labels: OPERATION,
});

export const FALLBACKS = defineMetric({
  name: 'mainstay_fallbacks_total',
  type: 'counter',
  help: 'Calls whose fallbacks were tried, by whether one of them answered.',
  labels: { ...OPERATION, result: DONE },
});

export const RECOVERY_DURATION = defineMetric({
  name: 'mainstay_recovery_duration_seconds',
  type: 'histogram',
  help: 'From the first failure to the first success that lasted: of calls, of resources as probes and calls together saw them (operation="probe"), and of circuit breakers (operation="circuit").',
  unit: 'seconds',
  labels: OPERATION,
  buckets: [...TIME_BUCKETS, 30, 60, 300, 900, 3600],
});

export const CACHE_REQUESTS = defineMetric({
  name: 'mainstay_cache_requests_total',
  type: 'counter',
  help: 'Reads of a cache, by whether they found a value; tier="all" is what the caller saw, whichever tier answered.',
  labels: { ...OPERATION, tier: ['all'] as const, result: ['hit', 'miss'] as const },
});

export const HEALTH_STATE = defineMetric({
  name: 'mainstay_health_state',
  type: 'gauge',
  help: '1 for the state of health that the resource is in, 0 for the others.',
  labels: { resource: OPEN, state: HEALTH_STATES },
});

export const CONNECTION_UP = defineMetric({
  name: 'mainstay_connection_up',
  type: 'gauge',
  help: '1 when the last initialisation or probe of the resource succeeded.',
  labels: { resource: OPEN },
});

export const PROBE_DURATION = defineMetric({
  name: 'mainstay_probe_duration_seconds',
  type: 'histogram',
  help: 'Time of the background probes.',
  unit: 'seconds',
  labels: { resource: OPEN, outcome: DONE },
  buckets: TIME_BUCKETS,
});

export const INITIALIZATION_DURATION = defineMetric({
  name: 'mainstay_initialization_duration_seconds',
  type: 'histogram',
  help: 'Time of the initialisation steps.',
  unit: 'seconds',
  labels: { resource: OPEN, step: OPEN, outcome: DONE },
  buckets: TIME_BUCKETS,
});

export const LABEL_OVERFLOWS = defineMetric({
  name: 'mainstay_metric_label_overflows_total',
  type: 'counter',
  help: 'Bindings of names that found no place in the metric any more and are counted under _OTHER.',
  labels: { metric: OPEN },
});
