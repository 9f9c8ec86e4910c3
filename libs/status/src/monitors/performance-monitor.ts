import type { MetricRegistry } from '../metrics/metric-registry.js';
import {
  CACHE_REQUESTS,
  CONNECTION_UP,
  INITIALIZATION_DURATION,
  OPERATION_DURATION,
  OPERATION_TRIES,
  OPERATIONS,
  OPERATIONS_ACTIVE,
  OUTCOMES,
  PROBE_DURATION,
} from '../metrics/status-metrics.js';
import { OperationTimes } from './operation-times.js';
import type { ResourceUsage } from './resource-usage.js';

/**
 * Measures how fast things are: connection times (the initialisation steps and probes of resources), operation times, and
 * what the process uses.
 */
export class PerformanceMonitor {
  /** What the process uses: memory, CPU, event loop. */
  readonly usage: ResourceUsage;
  readonly #metrics: MetricRegistry;

  constructor(metrics: MetricRegistry, usage: ResourceUsage) {
    this.#metrics = metrics;
    this.usage = usage;
  }

  /** Operation times: the counts and times of one operation. Bound once per operation. */
  bind(resource: string, operation: string): OperationTimes {
    const labels = { resource, operation };
    const ended = this.#metrics.counter(OPERATIONS);
    const tries = this.#metrics.counter(OPERATION_TRIES);
    const durations = this.#metrics.histogram(OPERATION_DURATION);
    const cacheRequests = this.#metrics.counter(CACHE_REQUESTS);
    const active = this.#metrics.gauge(OPERATIONS_ACTIVE).bind(labels);
    const [success, failure, rejected, cancelled] = OUTCOMES;
    const times = new OperationTimes({
      ended: {
        success: ended.bind({ ...labels, outcome: success }),
        failure: ended.bind({ ...labels, outcome: failure }),
        rejected: ended.bind({ ...labels, outcome: rejected }),
        cancelled: ended.bind({ ...labels, outcome: cancelled }),
      },
      tries: {
        success: tries.bind({ ...labels, outcome: success }),
        failure: tries.bind({ ...labels, outcome: failure }),
      },
      successTimes: durations.bind({ ...labels, outcome: success }),
      failureTimes: () => durations.bind({ ...labels, outcome: failure }),
      cacheRequests: (result) => cacheRequests.bind({ ...labels, tier: 'all', result }),
    });
    this.#metrics.beforeScrape(() => active.set(times.active));
    return times;
  }

  /** Connection times: one initialisation step ended. */
  recordStep(resource: string, step: string, durationMs: number, succeeded: boolean): void {
    const outcome = succeeded ? 'success' : 'failure';
    const series = this.#metrics.histogram(INITIALIZATION_DURATION);
    series.bind({ resource, step, outcome }).observe(durationMs / 1_000);
  }

  /** The connection of a resource was made, or could not be made. */
  recordInitialization(resource: string, succeeded: boolean): void {
    this.#metrics
      .gauge(CONNECTION_UP)
      .bind({ resource })
      .set(succeeded ? 1 : 0);
  }

  /** Connection times: a background probe ended. */
  recordProbe(resource: string, durationMs: number, succeeded: boolean): void {
    const outcome = succeeded ? 'success' : 'failure';
    const series = this.#metrics.histogram(PROBE_DURATION);
    series.bind({ resource, outcome }).observe(durationMs / 1_000);
    this.#metrics
      .gauge(CONNECTION_UP)
      .bind({ resource })
      .set(succeeded ? 1 : 0);
  }
}
