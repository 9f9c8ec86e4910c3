import type { CircuitState } from 'nestjs-mainstay/resilience';
import type { Criticality } from 'nestjs-mainstay/resource';

/** The states of health: by word, never only by colour. */
export const HEALTH_STATES = ['up', 'degraded', 'down', 'unknown'] as const;

/**
 * How a resource is. `degraded`: it serves with less, or its fallback does; `down`: nobody answers for it; `unknown`: the
 * last thing known of it is older than three probe intervals.
 */
export type HealthState = (typeof HEALTH_STATES)[number];

/** What is known of the health of one resource. */
export interface ResourceHealth {
  readonly name: string;
  readonly criticality: Criticality;
  readonly state: HealthState;
  /** Why the state is not `up`, or what an operator has changed: kind and sanitised message. */
  readonly reason?: string;
  /** The state of its circuit breaker; absent when it has none. */
  readonly circuit?: CircuitState;
  /** Since when the resource has been in this state, as wall time in milliseconds. */
  readonly since: number;
  /** How old the last result of a probe (or of the initialisation) is, in milliseconds. */
  readonly ageMs?: number;
  /** What the last probe found of each capability. */
  readonly capabilities?: Readonly<Record<string, boolean>>;
  /** Facts that the last probe gave. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
