import { AsyncResource } from 'node:async_hooks';
import type { Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker, CircuitReason, CircuitTransition } from 'nestjs-mainstay/resilience';
import type { ResourceEntry } from 'nestjs-mainstay/resource';
import type { ErrorMonitor } from '../monitors/error-monitor.js';
import type { PerformanceMonitor } from '../monitors/performance-monitor.js';
import type { Proofs } from '../monitors/proofs.js';
import type { ResourceTraffic } from '../monitors/resource-traffic.js';
import type { StatusLogger } from '../status-logger.js';
import { publishHealthChange } from './health-channel.js';
import type { HealthState, ResourceHealth } from './health-state.js';
import type { IncidentLog } from './incident-log.js';
import { judgeHealth, type HealthVerdict } from './judge-health.js';
import { OutageWatch } from './outage-watch.js';
import type { Reachability } from './reachability.js';
import { ResourceProber, type EndedProbe, type ProbeOptions } from './resource-prober.js';

/** What a {@link WatchedResource} works with. */
export interface WatchedResourceParts {
  readonly clock: Clock;
  readonly performance: PerformanceMonitor;
  readonly errors: ErrorMonitor;
  readonly incidents: IncidentLog;
  readonly logger: StatusLogger;
  readonly probes: ProbeOptions;
  /** The circuit breaker of a resource, which probes close or count against. */
  readonly breakerOf: (resource: string) => Pick<CircuitBreaker, 'recordProbe'> | undefined;
}

/** The health of one resource, with its history: since when, and how long the last outage took. */
export class WatchedResource {
  readonly #entry: ResourceEntry;
  readonly #parts: WatchedResourceParts;
  readonly #clock: Clock;
  readonly #prober: ResourceProber;
  readonly #traffic: ResourceTraffic;
  readonly #proofs: Proofs;
  readonly #outage: OutageWatch;
  #reachability: Reachability = 'reachable';
  #announced: HealthState | undefined;
  #since: number;
  #openedFor: CircuitReason | undefined;
  #isEnded = false;

  constructor(entry: ResourceEntry, parts: WatchedResourceParts) {
    this.#entry = entry;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#since = parts.clock.wallTime();
    this.#traffic = parts.errors.traffic(entry.name);
    this.#proofs = this.#traffic.proofs();
    this.#prober = new ResourceProber(entry.resource, parts.clock, parts.probes, {
      onResult: (probe) => this.#onProbe(probe),
      proved: () => this.#proved(),
      onProved: (since) => this.#outage.succeeded(since),
    });
    this.#outage = new OutageWatch({
      resource: entry.name,
      clock: parts.clock,
      traffic: this.#traffic,
      incidents: parts.incidents,
      onRecovery: (ms) => parts.errors.recordResourceRecovery(entry.name, ms),
      // A call that brings a probe would otherwise have all further ones in its trace.
      onNews: AsyncResource.bind(() => this.#prober.hasten()),
      onSuspicion: AsyncResource.bind(() => this.#prober.suspect()),
    });
  }

  /** Begins to probe: the resource is ready, what its calls met before is past. */
  start(): void {
    this.#traffic.forget();
    this.#outage.succeeded();
    this.#prober.start();
  }

  /** Ends probing. */
  stop(): void {
    this.#prober.stop();
    this.#outage.stop();
  }

  /** Ends probing for good: the application ends, and what is asked from now on is no news. */
  end(): void {
    this.#isEnded = true;
    this.stop();
  }

  /** Its breaker is in another state. */
  circuitChanged({ from, to, reason }: CircuitTransition): void {
    // Calls that an operator kept away from the resource say nothing about it.
    if (from === 'isolated') this.#traffic.forget();
    if (to === 'open') this.#openedFor ??= reason;
    if (to !== 'open' && to !== 'half-open') this.#openedFor = undefined;
    if (reason === 'half-open-success') this.#outage.breakerClosed();
    // One that only asks whether the resource is back has changed nothing yet.
    if (to !== 'half-open') this.health();
  }

  /** The health as of now; a change since the last look is logged. */
  health(): ResourceHealth {
    const verdict = judgeHealth(this.#entry, this.#prober, this.#traffic.report, this.#openedFor);
    if (this.#isEnded || this.#isStartingOrClosing()) return this.#describe(verdict);
    this.#outage.observe(verdict, this.#prober.failing);
    const from = this.#announced;
    if (verdict.state === from) return this.#describe(verdict);
    this.#announced = verdict.state;
    this.#since = this.#clock.wallTime();
    const health = this.#describe(verdict);
    this.#parts.logger.logTransition(from, health);
    publishHealthChange(from, health);
    return health;
  }

  #describe({ state, reason }: HealthVerdict): ResourceHealth {
    const { name, criticality, circuit, phase } = this.#entry;
    const { lastReport, ageMs } = this.#prober;
    return {
      name,
      criticality,
      state,
      ...(reason !== undefined && { reason }),
      ...(circuit !== undefined && { circuit }),
      since: this.#since,
      ...(phase === 'ready' && { ageMs }),
      ...(lastReport?.capabilities && { capabilities: lastReport.capabilities }),
      ...(lastReport?.details && { details: lastReport.details }),
    };
  }

  /** What calls have proved since the last look; nothing while some of them fail. */
  #proved(): ReadonlySet<string> {
    const proved = this.#proofs.look();
    return this.#traffic.failing ? new Set() : proved;
  }

  #onProbe({ startedAt, durationMs, report }: EndedProbe): void {
    const { performance } = this.#parts;
    performance.recordProbe(this.#entry.name, durationMs, report.reachability === 'reachable');
    this.#outage.probed(startedAt, report);
    this.#tellBreaker(report.reachability);
    this.#forgetOutage();
    this.health();
  }

  /** A resource of which only some capabilities work says nothing about the operations of the others. */
  #tellBreaker(reachability: Reachability): void {
    if (reachability === 'impaired') return;
    this.#parts.breakerOf(this.#entry.name)?.recordProbe(reachability === 'reachable');
  }

  /** With an outage ends what its calls said of the resource; it would otherwise be degraded for a minute more. */
  #forgetOutage(): void {
    const before = this.#reachability;
    this.#reachability = this.#prober.reachability;
    if (before === 'unreachable' && this.#reachability !== before) this.#traffic.forget();
  }

  /** That a start takes time, and that what is closed does not answer, is no news and no outage. */
  #isStartingOrClosing(): boolean {
    const { phase, initializationTries } = this.#entry;
    if (phase === 'closing' || phase === 'closed') return true;
    return phase === 'pending' || (phase === 'initializing' && initializationTries <= 1);
  }
}
