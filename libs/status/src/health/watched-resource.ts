import type { Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker } from 'nestjs-mainstay/resilience';
import type { ResourceEntry } from 'nestjs-mainstay/resource';
import type { ErrorMonitor } from '../monitors/error-monitor.js';
import type { PerformanceMonitor } from '../monitors/performance-monitor.js';
import type { ResourceTraffic } from '../monitors/resource-traffic.js';
import type { StatusLogger } from '../status-logger.js';
import type { HealthState, ResourceHealth } from './health-state.js';
import { judgeHealth } from './judge-health.js';
import type { Reachability } from './reachability.js';
import { ResourceProber, type ProbeOptions } from './resource-prober.js';

/** What a {@link WatchedResource} works with. */
export interface WatchedResourceParts {
  readonly clock: Clock;
  readonly performance: PerformanceMonitor;
  readonly errors: ErrorMonitor;
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
  #reachability: Reachability = 'reachable';
  #announced: HealthState | undefined;
  #since: number;
  #awaySince: number | undefined;

  constructor(entry: ResourceEntry, parts: WatchedResourceParts) {
    this.#entry = entry;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#since = parts.clock.wallTime();
    this.#prober = new ResourceProber(entry.resource, parts.clock, parts.probes, (ms, report) => {
      parts.performance.recordProbe(entry.name, ms, report.reachability === 'reachable');
      this.#tellBreaker(report.reachability);
      this.#forgetOutage();
      this.health();
    });
    this.#traffic = parts.errors.traffic(entry.name);
  }

  /** Begins to probe: the resource is ready, what its calls met before is past. */
  start(): void {
    this.#traffic.forget();
    this.#prober.start();
  }

  /** Ends probing. */
  stop(): void {
    this.#prober.stop();
  }

  /** The health as of now; a change since the last look is logged. */
  health(): ResourceHealth {
    const { name, criticality } = this.#entry;
    const verdict = judgeHealth(this.#entry, this.#prober, this.#traffic.report);
    const from = this.#announced;
    const changed = verdict.state !== from && !this.#isStartingOrClosing();
    if (changed) this.#change(verdict.state);
    const { lastReport } = this.#prober;
    const { circuit } = this.#entry;
    const health: ResourceHealth = {
      name,
      criticality,
      ...verdict,
      ...(circuit !== undefined && { circuit }),
      since: this.#since,
      ...(this.#entry.phase === 'ready' && { ageMs: this.#prober.ageMs }),
      ...(lastReport?.capabilities && { capabilities: lastReport.capabilities }),
      ...(lastReport?.details && { details: lastReport.details }),
    };
    if (changed) this.#parts.logger.logTransition(from, health);
    return health;
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

  #change(state: HealthState): void {
    this.#announced = state;
    this.#since = this.#clock.wallTime();
    // Not to know is no outage: nobody failed, nothing recovers.
    if (state === 'unknown') return;
    if (state !== 'up') {
      this.#awaySince ??= this.#prober.failingSince ?? this.#clock.now();
      return;
    }
    if (this.#awaySince === undefined) return;
    this.#parts.errors.recordResourceRecovery(
      this.#entry.name,
      this.#clock.now() - this.#awaySince,
    );
    this.#awaySince = undefined;
  }
}
