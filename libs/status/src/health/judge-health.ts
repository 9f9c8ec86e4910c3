import { redactText } from 'nestjs-mainstay/common';
import type { CircuitReason, CircuitStatus } from 'nestjs-mainstay/resilience';
import type { ResourceEntry } from 'nestjs-mainstay/resource';
import type { TrafficReport } from '../monitors/resource-traffic.js';
import type { HealthState } from './health-state.js';
import type { ResourceProber } from './resource-prober.js';

/** A state and why it is not `up`, or what an operator has changed. */
export interface HealthVerdict {
  readonly state: HealthState;
  readonly reason?: string;
  /** `true`: nothing fails, an operator has switched the resource off. */
  readonly isByHand?: boolean;
}

/** What probes know, see {@link ResourceProber}. */
export type ProbeEvidence = Pick<ResourceProber, 'reachability' | 'lastReport' | 'isStale'>;

/**
 * Judges the health of a resource from its phase, its breaker, its probes and its traffic. A resource that is away is
 * `degraded` when its operations have another way to answer, otherwise `down`.
 * @param openedFor why the breaker opened first in this outage
 */
export function judgeHealth(
  entry: ResourceEntry,
  probes: ProbeEvidence,
  traffic: TrafficReport,
  openedFor?: CircuitReason,
): HealthVerdict {
  const away: HealthState = entry.resource.hasFallback ? 'degraded' : 'down';
  if (entry.phase !== 'ready') return { state: away, reason: describePhase(entry) };
  if (probes.isStale) return { state: 'unknown', reason: 'no probe has ended for three intervals' };
  const reason = probes.lastReport?.reason ?? 'the last probe failed';
  if (probes.reachability === 'unreachable') return { state: away, reason };
  const breaker = entry.pipeline?.breaker;
  if (breaker?.state === 'open' || breaker?.state === 'isolated') {
    const isByHand = breaker.state === 'isolated';
    return {
      state: away,
      reason: describeBreaker(breaker, openedFor),
      ...(isByHand && { isByHand }),
    };
  }
  if (traffic.reachability === 'unreachable') return { state: away, reason: traffic.reason };
  if (probes.reachability === 'impaired') return { state: 'degraded', reason };
  if (breaker?.state === 'half-open') {
    return { state: 'degraded', reason: describeBreaker(breaker, openedFor) };
  }
  if (traffic.reachability === 'impaired') return { state: 'degraded', reason: traffic.reason };
  if (breaker?.state === 'metrics-only')
    return { state: 'up', reason: describeBreaker(breaker, undefined) };
  return { state: 'up' };
}

function describeBreaker(
  { state, reason, note }: CircuitStatus,
  openedFor: CircuitReason | undefined,
): string {
  const isAgain = openedFor !== undefined && openedFor !== reason;
  switch (state) {
    case 'isolated':
      return `isolated: ${note === undefined ? 'by hand' : redactText(note)}`;
    case 'metrics-only':
      return 'metrics-only: its circuit breaker was switched off by hand';
    case 'half-open':
      return `its circuit breaker is testing whether it is back${isAgain ? ` (it opened for ${openedFor})` : ''}`;
    default:
      return `its circuit breaker is open (${reason ?? 'unknown'}${isAgain ? `, at first ${openedFor}` : ''})`;
  }
}

function describePhase({ phase, lastError }: ResourceEntry): string {
  switch (phase) {
    case 'failed':
      return `its initialisation failed${lastError === undefined ? '' : `: ${lastError}`}`;
    case 'closing':
    case 'closed':
      return 'it is closed';
    default:
      return `it is not initialised yet${lastError === undefined ? '' : `; the last try failed: ${lastError}`}`;
  }
}
