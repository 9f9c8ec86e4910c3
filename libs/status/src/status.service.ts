import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import type {
  CircuitTransition,
  Classification,
  OperationRecorder,
  OperationStatus,
} from 'nestjs-mainstay/resilience';
import type { IncidentLog } from './health/incident-log.js';
import { OTHER } from './metrics/metric.js';
import type { MetricRegistry } from './metrics/metric-registry.js';
import type { ErrorMonitor } from './monitors/error-monitor.js';
import type { PerformanceMonitor } from './monitors/performance-monitor.js';
import { SAMPLE_INTERVAL_MS } from './monitors/sampling.js';
import { RecordedOperation } from './recorded-operation.js';
import { Repeater } from './repeater.js';
import { RunningOperation } from './running-operation.js';
import type { StatusLogger } from './status-logger.js';

/** Time between two summaries in the log, in milliseconds. */
const SUMMARY_INTERVAL_MS = 60_000;

/** What a {@link StatusManager} works with. */
export interface StatusManagerParts {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  readonly performance: PerformanceMonitor;
  readonly errors: ErrorMonitor;
  readonly incidents: IncidentLog;
  readonly logger: StatusLogger;
  /** Operations told apart; further ones are counted together as `_OTHER`. */
  readonly maxOperations: number;
}

/**
 * Where every operation reports what happened to it. It hands the times to the {@link PerformanceMonitor} and the errors
 * to the {@link ErrorMonitor}, which update the metrics and write to the log.
 *
 * Operations of resources are recorded by themselves; record something else like this:
 * @example
 * const operation = this.status.beginOperation('reports', 'render');
 * try {
 *   await render();
 *   operation.complete();
 * } catch (error) {
 *   operation.fail({ kind: 'unknown', type: 'RENDER' });
 *   throw error;
 * }
 */
export class StatusManager implements OperationRecorder, OnModuleInit, BeforeApplicationShutdown {
  /** Connection times, operation times, resource usage. */
  readonly performance: PerformanceMonitor;
  /** Error rates, error types, recovery times. */
  readonly errors: ErrorMonitor;
  /** When resources were not up, and how long it took. */
  readonly incidents: IncidentLog;
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  readonly #logger: StatusLogger;
  readonly #maxOperations: number;
  readonly #operations = new Map<string, RecordedOperation>();
  readonly #sampling: Repeater;
  readonly #summary: Repeater;
  #other: RecordedOperation | undefined;

  constructor(parts: StatusManagerParts) {
    this.#clock = parts.clock;
    this.#metrics = parts.metrics;
    this.#logger = parts.logger;
    this.#maxOperations = parts.maxOperations;
    this.performance = parts.performance;
    this.errors = parts.errors;
    this.incidents = parts.incidents;
    this.#sampling = new Repeater(this.#clock, SAMPLE_INTERVAL_MS, () => this.#sample());
    this.#summary = new Repeater(this.#clock, SUMMARY_INTERVAL_MS, () => this.#logMetrics());
  }

  /** @internal */
  onModuleInit(): void {
    this.performance.usage.start();
    this.#sampling.start();
    this.#summary.start();
  }

  /** Writes the last summary. @internal */
  beforeApplicationShutdown(): void {
    this.#sampling.stop();
    this.#summary.stop();
    this.performance.usage.stop();
    this.#logMetrics();
  }

  /**
   * The recorder of one operation: the same one each time.
   * @param proves the capability of the resource that a success proves
   */
  bind(resource: string, operation: string, proves?: string): RecordedOperation {
    const key = keyOf(resource, operation);
    let bound = this.#operations.get(key);
    if (!bound) {
      if (this.#operations.size >= this.#maxOperations) return this.#bindOther();
      bound = this.#create(resource, operation);
      this.#operations.set(key, bound);
    }
    bound.errors.prove(proves);
    return bound;
  }

  recordStep(resource: string, step: string, durationMs: number, error?: Classification): void {
    this.performance.recordStep(resource, step, durationMs, error === undefined);
    if (error) this.errors.recordFailedStep(resource, durationMs, error);
  }

  recordInitialization(resource: string, succeeded: boolean): void {
    this.performance.recordInitialization(resource, succeeded);
  }

  recordTransition(transition: CircuitTransition): void {
    this.errors.recordTransition(transition);
  }

  /** Begins a call by hand: starts its timing; the result ends it and gives the operation's status. */
  beginOperation(resource: string, operation: string): RunningOperation {
    return new RunningOperation(this.bind(resource, operation), this.#clock);
  }

  /** What has been recorded of an operation; `undefined` when nothing bound it. */
  operationStatus(resource: string, operation: string): OperationStatus | undefined {
    return this.#operations.get(keyOf(resource, operation))?.status();
  }

  /** All operations, in the order in which they were bound. @internal */
  operations(): readonly RecordedOperation[] {
    const operations = [...this.#operations.values()];
    return this.#other ? [...operations, this.#other] : operations;
  }

  #bindOther(): RecordedOperation {
    this.#metrics.reportOverflow('mainstay_operations_total');
    this.#other ??= this.#create(OTHER, OTHER);
    return this.#other;
  }

  #create(resource: string, operation: string): RecordedOperation {
    const times = this.performance.bind(resource, operation);
    return new RecordedOperation(
      resource,
      operation,
      times,
      this.errors.bind(resource, operation, times),
    );
  }

  #sample(): void {
    void this.performance.usage.sample();
    this.errors.sample();
  }

  #logMetrics(): void {
    this.#logger.logMetrics(this.operations());
  }
}

function keyOf(resource: string, operation: string): string {
  return `${resource}\n${operation}`;
}
