import type { Clock } from 'nestjs-mainstay/common';
import type { ErrorFacts, FailureEvidence } from '../monitors/failure-run.js';
import type { Proofs } from '../monitors/proofs.js';
import type { ResourceTraffic, TrafficListener } from '../monitors/resource-traffic.js';
import { Repeater } from '../repeater.js';
import type { IncidentRecord } from './incident.js';
import type { IncidentLog } from './incident-log.js';
import type { HealthVerdict } from './judge-health.js';
import type { ProbeReport } from './probe-report.js';

/** How often an outage looks whether calls succeed again, in milliseconds: as exact is the time of a recovery. */
const LOOK_INTERVAL_MS = 500;
/** Failures of calls since the last probe that ask for the next one. */
const BURST = 3;

/** What an {@link OutageWatch} works with. */
export interface OutageWatchParts {
  readonly resource: string;
  readonly clock: Clock;
  readonly traffic: ResourceTraffic;
  readonly incidents: IncidentLog;
  /** The resource is up again. */
  readonly onRecovery: (recoveryMs: number) => void;
  /** Calls succeed in an outage. */
  readonly onNews: () => void;
  /** Several calls fail where no outage is known. */
  readonly onSuspicion: () => void;
}

/**
 * Takes the time of the outages of one resource: from the beginning of the first failed operation to the first of the
 * successes that lasted, whichever of probes and calls saw them first. A success of a call costs nothing: in an outage
 * its counter is looked at every 500 ms.
 */
export class OutageWatch implements TrafficListener {
  readonly #parts: OutageWatchParts;
  readonly #looks: Repeater;
  readonly #proofs: Proofs;
  #incident: IncidentRecord | undefined;
  #ended: IncidentRecord | undefined;
  /** When the outage began; an incident may span several. */
  #since = 0;
  /** When the successes began that nothing has interrupted yet. */
  #wellSince: number | undefined;
  /** When the resource was last known to work, in all its capabilities. */
  #lastWellAt = 0;
  #lacking: readonly string[] = [];
  /** Since the last probe. */
  #failures = 0;
  /** The last probe of this outage found nothing amiss: a further one would have no news. */
  #isProbedWell = false;

  constructor(parts: OutageWatchParts) {
    this.#parts = parts;
    this.#looks = new Repeater(parts.clock, LOOK_INTERVAL_MS, () => this.#look());
    this.#proofs = parts.traffic.proofs();
    parts.traffic.watch(this);
  }

  /** Judges by what is believed now. @param failingProbes the failures of probes that nothing has interrupted */
  observe(
    { state, reason = state, isByHand }: HealthVerdict,
    failingProbes?: FailureEvidence,
  ): void {
    if (state === 'unknown') return;
    if (state === 'up') this.#end();
    else if (this.#incident) this.#incident.reach(state);
    // What an operator switches off is no outage.
    else if (!isByHand) {
      const evidence = this.#evidence(failingProbes);
      this.#since = evidence.since;
      this.#wellSince = undefined;
      this.#isProbedWell = false;
      this.#incident = this.#parts.incidents.begin(this.#parts.resource, state, reason, evidence);
      this.#proofs.look();
      this.#looks.start();
    }
  }

  /** A probe ended. */
  probed(startedAt: number, { reachability, capabilities = {} }: ProbeReport): void {
    this.#failures = 0;
    this.#lacking = Object.keys(capabilities).filter((name) => !capabilities[name]);
    this.#isProbedWell = reachability === 'reachable';
    if (this.#isProbedWell) this.succeeded();
    else this.#interrupt(startedAt);
  }

  /** The resource has proved to work, in all its capabilities as far as that is known. @param at not before this time */
  succeeded(at = this.#parts.clock.now()): void {
    this.#failures = 0;
    this.#wellSince ??= this.#parts.clock.now();
    this.#lastWellAt = at;
    this.#parts.traffic.wellAt(at);
  }

  /** Calls have closed the breaker. */
  breakerClosed(): void {
    this.#wellSince ??= this.#parts.clock.now();
  }

  failedTry(since: number, error: ErrorFacts): void {
    if (!this.#incident) return this.#suspect(error);
    this.#interrupt(since);
    // A call that began before the resource was last well met the outage on its way.
    const from = Math.max(since, this.#lastWellAt);
    this.#since = Math.min(this.#since, from);
    this.#incident.failed(from, error);
  }

  /** One that ends after the outage did, but began in it, belongs to it. */
  failedCall(since: number): void {
    const ended = this.#ended;
    const isOfEnded = ended?.endedAt !== undefined && since < ended.endedAt;
    (this.#incident ?? (isOfEnded ? ended : undefined))?.callsFailed(1);
  }

  /** Looks no more; an outage that goes on has no end by that. */
  stop(): void {
    this.#looks.stop();
  }

  /** Some failures pass, several ask for a probe; not of what asks for less. */
  #suspect({ kind }: ErrorFacts): void {
    if (kind !== 'throttled' && ++this.#failures === BURST) {
      this.#parts.onSuspicion();
    }
  }

  #look(): void {
    const proved = this.#proofs.look();
    if (proved.size === 0 || !this.#lacking.every((name) => proved.has(name))) return;
    this.#wellSince ??= this.#parts.clock.now();
    if (!this.#isProbedWell) this.#parts.onNews();
  }

  /** What began before the successes did does not interrupt them: it met the end of the outage. */
  #interrupt(since: number): void {
    if (this.#wellSince !== undefined && since >= this.#wellSince) this.#wellSince = undefined;
  }

  #evidence(probes: FailureEvidence | undefined): FailureEvidence {
    const { clock, traffic } = this.#parts;
    const calls = traffic.failing;
    if (!calls) return probes ?? { since: clock.now(), calls: 0 };
    if (!probes || calls.since <= probes.since) return calls;
    return { ...calls, ...probes, calls: calls.calls };
  }

  #end(): void {
    const incident = this.#incident;
    if (!incident) return;
    const at = Math.max(this.#since, this.#wellSince ?? this.#parts.clock.now());
    incident.end(at);
    this.#incident = undefined;
    this.#ended = incident;
    this.#looks.stop();
    this.#parts.onRecovery(at - this.#since);
  }
}
