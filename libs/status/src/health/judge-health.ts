import type { ResourceEntry } from 'nestjs-mainstay/resource';
import type { TrafficReport } from '../monitors/resource-traffic.js';
import type { HealthState } from './health-state.js';
import type { ResourceProber } from './resource-prober.js';

/** A state and why it is not `up`. */
export interface HealthVerdict {
  readonly state: HealthState;
  readonly reason?: string;
}

/** What probes know, see {@link ResourceProber}. */
export type ProbeEvidence = Pick<ResourceProber, 'reachability' | 'lastReport' | 'isStale'>;

/**
 * Judges the health of a resource from its phase, its breaker, its probes and its traffic. A resource that is away is
 * `degraded` when its operations have another way to answer, otherwise `down`.
 */
export function judgeHealth(
  entry: ResourceEntry,
  probes: ProbeEvidence,
  traffic: TrafficReport,
): HealthVerdict {
  const away: HealthState = entry.resource.hasFallback ? 'degraded' : 'down';
  if (entry.phase !== 'ready') return { state: away, reason: describePhase(entry) };
  if (probes.isStale) return { state: 'unknown', reason: 'no probe has ended for three intervals' };
  const reason = probes.lastReport?.reason ?? 'the last probe failed';
  if (probes.reachability === 'unreachable') return { state: away, reason };
  if (entry.circuit === 'open') return { state: away, reason: 'its circuit breaker is open' };
  if (entry.circuit === 'isolated') return { state: away, reason: 'it was isolated by hand' };
  if (traffic.reachability === 'unreachable') return { state: away, reason: traffic.reason };
  if (probes.reachability === 'impaired') return { state: 'degraded', reason };
  if (entry.circuit === 'half-open') {
    return { state: 'degraded', reason: 'its circuit breaker is testing whether it is back' };
  }
  if (traffic.reachability === 'impaired') return { state: 'degraded', reason: traffic.reason };
  return { state: 'up' };
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
