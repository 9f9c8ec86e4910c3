import { redactText, type Clock } from 'nestjs-mainstay/common';
import type { CircuitStatus, PipelineStatus } from 'nestjs-mainstay/resilience';

/** How the circuit breaker of a resource is. */
export interface BreakerReport {
  readonly state: CircuitStatus['state'];
  /** Why it is in this state; absent while it never changed. */
  readonly reason?: NonNullable<CircuitStatus['reason']>;
  /** Why an operator isolated the resource. */
  readonly note?: string;
  /** Since when, as wall time in milliseconds; absent while it never changed. */
  readonly since?: number;
  /** How long the last outage took, in milliseconds. */
  readonly lastRecoveryMs?: number;
}

/** How the pipeline of a resource is; what is switched off is absent. */
export interface PipelineReport {
  readonly resource: string;
  /** Calls that have begun and not ended. */
  readonly inFlight: number;
  readonly breaker?: BreakerReport;
  readonly retryBudget?: NonNullable<PipelineStatus['budget']>;
  readonly limiter?: NonNullable<PipelineStatus['limiter']>;
}

/** A pipeline as `/status.json` shows it. */
export function describePipeline(status: PipelineStatus, clock: Clock): PipelineReport {
  const { resource, inFlight, breaker, budget, limiter } = status;
  return {
    resource,
    inFlight,
    ...(breaker && { breaker: describeBreaker(breaker, clock) }),
    ...(budget && { retryBudget: budget }),
    ...(limiter && { limiter }),
  };
}

function describeBreaker(status: CircuitStatus, clock: Clock): BreakerReport {
  const { state, reason, note, since, lastRecoveryMs } = status;
  const hasChanged = reason !== undefined;
  return {
    state,
    ...(hasChanged && { reason, since: clock.wallTime() - (clock.now() - since) }),
    ...(note !== undefined && { note: redactText(note) }),
    ...(lastRecoveryMs !== undefined && { lastRecoveryMs }),
  };
}
