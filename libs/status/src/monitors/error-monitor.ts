import type { Clock } from 'nestjs-mainstay/common';
import {
  ListenerErrors,
  type CircuitTransition,
  type Classification,
} from 'nestjs-mainstay/resilience';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import { CIRCUIT_BREAKER_TRANSITIONS, RETRIES_ENDED } from '../metrics/pipeline-metrics.js';
import {
  FALLBACKS,
  OPERATION_ERRORS,
  RECOVERY_DURATION,
  RETRIES,
} from '../metrics/status-metrics.js';
import type { StatusLogger } from '../status-logger.js';
import { OperationErrors } from './operation-errors.js';
import type { OperationTimes } from './operation-times.js';
import { ResourceTraffic } from './resource-traffic.js';

/** The operations under which the recoveries of resources themselves are recorded. */
const PROBE = 'probe';
const CIRCUIT = 'circuit';

/** Watches what goes wrong: error rates, error types and recovery times, of operations and of resources. */
export class ErrorMonitor {
  readonly #metrics: MetricRegistry;
  readonly #logger: StatusLogger;
  readonly #clock: Clock;
  readonly #operations: OperationErrors[] = [];
  readonly #traffic = new Map<string, ResourceTraffic>();
  readonly #listeners = new Set<(transition: CircuitTransition) => void>();
  readonly #listenerErrors = new ListenerErrors('ErrorMonitor');

  constructor(metrics: MetricRegistry, logger: StatusLogger, clock: Clock) {
    this.#metrics = metrics;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** The errors of one operation. Bound once per operation. */
  bind(resource: string, operation: string, times: OperationTimes): OperationErrors {
    const labels = { resource, operation };
    const traffic = this.traffic(resource);
    const errors = new OperationErrors(
      {
        errors: (type) =>
          this.#metrics.counter(OPERATION_ERRORS).bind({ ...labels, error_type: type }),
        retries: () => this.#metrics.counter(RETRIES).bind(labels),
        retriesEnded: (reason) => this.#metrics.counter(RETRIES_ENDED).bind({ ...labels, reason }),
        fallbacks: (result) => this.#metrics.counter(FALLBACKS).bind({ ...labels, result }),
        recoveryTimes: () => this.#metrics.histogram(RECOVERY_DURATION).bind(labels),
      },
      times,
      traffic,
      (error, durationMs) => this.#logger.logError(resource, operation, error, durationMs),
    );
    this.#operations.push(errors);
    traffic.add(errors);
    return errors;
  }

  /** What the calls of a resource say of its health. */
  traffic(resource: string): ResourceTraffic {
    let traffic = this.#traffic.get(resource);
    if (!traffic) {
      traffic = new ResourceTraffic(this.#clock);
      this.#traffic.set(resource, traffic);
    }
    return traffic;
  }

  /** A step of the initialisation of a resource failed. */
  recordFailedStep(resource: string, durationMs: number, error: Classification): void {
    this.traffic(resource).failedStep(durationMs, error);
  }

  /** A resource is up again. @param recoveryMs from its first failure to the first success that lasted */
  recordResourceRecovery(resource: string, recoveryMs: number): void {
    this.#observeRecovery(resource, PROBE, recoveryMs);
  }

  /** The circuit breaker of a resource changed its state. */
  recordTransition(transition: CircuitTransition): void {
    const { resource, to, reason, recoveryMs } = transition;
    const transitions = this.#metrics.counter(CIRCUIT_BREAKER_TRANSITIONS);
    transitions.bind({ resource, state: to, reason }).increment();
    if (recoveryMs !== undefined) this.#observeRecovery(resource, CIRCUIT, recoveryMs);
    this.#logger.logCircuit(transition);
    for (const listener of this.#listeners) {
      this.#listenerErrors.guard('A listener of transitions', () => listener(transition));
    }
  }

  /** Calls `listener` after each change of state of any circuit breaker. @returns a function that ends the subscription */
  onTransition(listener: (transition: CircuitTransition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Moves the windows of the error rates on, and judges the traffic; called every 5 s. */
  sample(): void {
    for (const errors of this.#operations) errors.sample();
    for (const traffic of this.#traffic.values()) traffic.sample();
  }

  #observeRecovery(resource: string, operation: string, recoveryMs: number): void {
    const times = this.#metrics.histogram(RECOVERY_DURATION);
    times.bind({ resource, operation }).observe(recoveryMs / 1_000);
  }
}
