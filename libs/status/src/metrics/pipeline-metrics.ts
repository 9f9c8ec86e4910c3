import type { CircuitReason, CircuitState, RetryEnd } from 'nestjs-mainstay/resilience';
import { defineMetric, OPEN } from './metric-definition.js';

/** The states of a circuit breaker. */
export const CIRCUIT_STATES = [
  'closed',
  'open',
  'half-open',
  'isolated',
  'metrics-only',
] as const satisfies readonly CircuitState[];

const CIRCUIT_REASONS = [
  'failure-ratio',
  'consecutive-failures',
  'connection-refused',
  'slow-calls',
  'half-open-failure',
  'half-open-success',
  'open-time-over',
  'probe',
  'isolated',
  'metrics-only',
  'reset',
] as const satisfies readonly CircuitReason[];

const RETRY_ENDS = [
  'not-retryable',
  'tries-spent',
  'deadline',
  'budget',
  'circuit-open',
  'cancelled',
  'shutdown',
  'other-layer',
] as const satisfies readonly RetryEnd[];

/** What a call may be doing at a limiter. */
const LIMITER_STATES = ['running', 'waiting'] as const;

export const CIRCUIT_BREAKER_STATE = defineMetric({
  name: 'mainstay_circuit_breaker_state',
  type: 'gauge',
  help: '1 for the state that the circuit breaker of the resource is in, 0 for the others.',
  labels: { resource: OPEN, state: CIRCUIT_STATES },
});

export const CIRCUIT_BREAKER_TRANSITIONS = defineMetric({
  name: 'mainstay_circuit_breaker_transitions_total',
  type: 'counter',
  help: 'Changes of the state of the circuit breaker, by the state it went into and why.',
  labels: { resource: OPEN, state: CIRCUIT_STATES, reason: CIRCUIT_REASONS },
});

export const RETRY_BUDGET = defineMetric({
  name: 'mainstay_retry_budget_ratio',
  type: 'gauge',
  help: 'Share of the retry budget of the resource that is spent; from 1 on nothing is retried.',
  labels: { resource: OPEN },
});

export const RETRIES_ENDED = defineMetric({
  name: 'mainstay_retries_ended_total',
  type: 'counter',
  help: 'Calls that met an error which can be retried and that no retry recovered, by what ended the retrying.',
  labels: { resource: OPEN, operation: OPEN, reason: RETRY_ENDS },
});

export const LIMITER_CALLS = defineMetric({
  name: 'mainstay_limiter_calls',
  type: 'gauge',
  help: 'Calls that hold a slot of the limiter of the resource, and calls that wait for one.',
  labels: { resource: OPEN, state: LIMITER_STATES },
});

export const LIMITER_CALLS_MAX = defineMetric({
  name: 'mainstay_limiter_calls_max',
  type: 'gauge',
  help: 'How many calls may hold a slot of the limiter of the resource, and how many may wait for one.',
  labels: { resource: OPEN, state: LIMITER_STATES },
});

export const LIMITER_LEAKED = defineMetric({
  name: 'mainstay_limiter_leaked_total',
  type: 'counter',
  help: 'Timed-out operations that did not end in time and lost their slot of the limiter.',
  labels: { resource: OPEN },
});
