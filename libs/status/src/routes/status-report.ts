import type { Clock } from 'nestjs-mainstay/common';
import type { Operations, ResourceEntry, ResourceRegistry } from 'nestjs-mainstay/resource';
import type { HealthMonitor } from '../health/health-monitor.js';
import type { HealthState, ResourceHealth } from '../health/health-state.js';
import type { Liveness, LivenessReport } from '../health/liveness.js';
import type { Incident } from '../health/incident.js';
import type { IncidentLog } from '../health/incident-log.js';
import type { HistoryReport, StatusHistory } from '../history/status-history.js';
import { judgeReadiness, type Readiness } from '../health/readiness.js';
import type { UsageSample } from '../monitors/resource-usage.js';
import type { RecordedOperation } from '../recorded-operation.js';
import type { GracefulShutdown } from '../shutdown/graceful-shutdown.js';
import type { StatusManager } from '../status.service.js';
import { describePipeline, type PipelineReport } from './pipeline-report.js';

/** What {@link StatusReporter} works with. */
export interface StatusReporterParts {
  readonly clock: Clock;
  readonly status: StatusManager;
  readonly health: HealthMonitor;
  readonly history: StatusHistory;
  readonly registry: ResourceRegistry;
  readonly liveness: Liveness;
  readonly operations: Pick<Operations, 'all'>;
  readonly shutdown: GracefulShutdown;
}

/** The health of a resource and how its initialisation went. */
export interface ResourceReport extends ResourceHealth {
  readonly phase: ResourceEntry['phase'];
  readonly initialization: {
    readonly tries: number;
    readonly durationMs?: number;
    readonly lastError?: string;
    readonly steps: ResourceEntry['steps'];
  };
  /** Mean time to recovery of its incidents that have ended, in milliseconds. */
  readonly mttrMs?: number;
}

/** What has been recorded of an operation. */
export interface OperationReport extends ReturnType<RecordedOperation['status']> {
  readonly hits?: number;
  readonly misses?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Share of failures in the last minute. */
  readonly errorRate?: number;
  readonly errorTypes: Readonly<Record<string, number>>;
  readonly lastRecoveryMs?: number;
}

/** How the application is now, as `/status/events` tells it. */
export interface CurrentStatus {
  readonly state: HealthState;
  readonly readiness: Readiness;
  readonly liveness: LivenessReport;
  /** Wall time of this report, in milliseconds. */
  readonly at: number;
  readonly resources: readonly ResourceReport[];
  /** Breakers, retry budgets and limiters, also of what is no resource. */
  readonly pipelines: readonly PipelineReport[];
  readonly operations: readonly OperationReport[];
  /** The last 50, in the order in which they began; those without an end go on. */
  readonly incidents: readonly Incident[];
  /** Mean time to recovery of those that have ended, in milliseconds. */
  readonly mttrMs?: number;
  readonly process?: UsageSample;
}

/** The whole status of the application, as `/status.json` shows it. */
export interface StatusReport extends CurrentStatus {
  /** The last ten minutes. */
  readonly history: HistoryReport;
}

/** Puts together what is known of the application. Reads state, does no I/O. */
export class StatusReporter {
  readonly #parts: StatusReporterParts;

  constructor(parts: StatusReporterParts) {
    this.#parts = parts;
  }

  /** The word of the state alone. */
  state(): HealthState {
    return this.#parts.health.overall();
  }

  /** Everything. */
  report(): StatusReport {
    return { ...this.current(), history: this.#parts.history.report() };
  }

  /** Everything but the history, which grows to many times the rest. */
  current(): CurrentStatus {
    const { clock, status, health, registry, liveness, operations, shutdown } = this.#parts;
    const { incidents } = status;
    const usage = status.performance.usage.last;
    return {
      state: this.state(),
      readiness: judgeReadiness(shutdown, health),
      liveness: liveness.report(),
      at: clock.wallTime(),
      resources: health
        .all()
        .flatMap((one) => describeResource(one, registry.get(one.name), incidents)),
      pipelines: operations.all().map((one) => describePipeline(one.status(), clock)),
      operations: status.operations().map(describeOperation),
      incidents: incidents.all(),
      ...describeMttr(incidents),
      ...(usage && { process: usage }),
    };
  }
}

function describeResource(
  health: ResourceHealth,
  entry: ResourceEntry | undefined,
  incidents: IncidentLog,
): ResourceReport[] {
  if (!entry) return [];
  const { phase, steps, initializationTries, initializationMs, lastError } = entry;
  return [
    {
      ...health,
      phase,
      initialization: {
        tries: initializationTries,
        ...(initializationMs !== undefined && { durationMs: initializationMs }),
        ...(lastError !== undefined && { lastError }),
        steps,
      },
      ...describeMttr(incidents, health.name),
    },
  ];
}

function describeMttr(incidents: IncidentLog, resource?: string): { readonly mttrMs?: number } {
  const mttrMs = incidents.mttrMs(resource);
  return mttrMs === undefined ? {} : { mttrMs };
}

function describeOperation(recorded: RecordedOperation): OperationReport {
  const { times, errors } = recorded;
  const p50Ms = times.quantileMs(0.5);
  const p99Ms = times.quantileMs(0.99);
  const { rate, types, lastRecoveryMs } = errors;
  return {
    ...recorded.status(),
    ...(times.hits + times.misses > 0 && { hits: times.hits, misses: times.misses }),
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
    ...(rate !== undefined && { errorRate: rate }),
    errorTypes: types,
    ...(lastRecoveryMs !== undefined && { lastRecoveryMs }),
  };
}
