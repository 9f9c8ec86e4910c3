import {
  isKnownFailure,
  type Classification,
  type RecoveryOutcome,
  type RetryEnd,
} from 'nestjs-mainstay/resilience';
import type { CounterCell } from '../metrics/cells.js';
import type { HistogramCell } from '../metrics/histogram-cell.js';
import { OTHER } from '../metrics/metric.js';
import { FailureRun, type FailureEvidence } from './failure-run.js';
import type { OperationTimes } from './operation-times.js';
import { RateWindow } from './rate-window.js';
import type { ResourceTraffic, TrafficSource } from './resource-traffic.js';
import { MINUTE_SAMPLES } from './sampling.js';
import type { TrafficTotals } from './traffic-totals.js';

/** The series that the errors of one operation are counted in; all of them bound when they are needed first. */
export interface ErrorSeries {
  readonly errors: (errorType: string) => CounterCell;
  readonly retries: () => CounterCell;
  readonly retriesEnded: (reason: RetryEnd) => CounterCell;
  readonly fallbacks: (result: 'success' | 'failure') => CounterCell;
  readonly recoveryTimes: () => HistogramCell;
}

/** Types of errors told apart for one operation; further ones are counted together. */
const MAX_TYPES = 50;

interface TypeCount {
  readonly cell: CounterCell;
  count: number;
}

/** What went wrong with one operation: error rate, error types, recovery times. */
export class OperationErrors implements TrafficSource {
  readonly #series: ErrorSeries;
  readonly #times: OperationTimes;
  readonly #traffic: ResourceTraffic;
  readonly #window = new RateWindow(MINUTE_SAMPLES);
  readonly #types = new Map<string, TypeCount>();
  readonly #logError: (error: Classification, durationMs: number) => void;
  readonly #run = new FailureRun();
  #proves: string | undefined;
  #isBound = false;
  #lastRecoveryMs: number | undefined;
  #unknown = 0;
  #refused = 0;
  #fallbacks = 0;

  constructor(
    series: ErrorSeries,
    times: OperationTimes,
    traffic: ResourceTraffic,
    logError: (error: Classification, durationMs: number) => void,
  ) {
    this.#series = series;
    this.#times = times;
    this.#traffic = traffic;
    this.#logError = logError;
  }

  /** Says what its successes prove; where it is bound several times, only what is said each time. */
  prove(capability: string | undefined): void {
    this.#proves = this.#isBound && this.#proves !== capability ? undefined : capability;
    this.#isBound = true;
  }

  /** The work of the operation failed once. */
  recordFailedTry(durationMs: number, error: Classification): void {
    if (isAnswer(error)) this.#run.end();
    else if (isKnownFailure(error) && error.kind !== 'rejected') {
      this.#traffic.failedTry(this.#run, durationMs, error, this.succeededTries);
    }
  }

  recordFailure(durationMs: number, error: Classification): void {
    this.#count(error);
    if (error.kind === 'unknown') this.#unknown++;
    if (isAnswer(error)) this.#refused++;
    else if (isKnownFailure(error)) this.#callFailed(durationMs);
    this.#logError(error, durationMs);
  }

  recordRejected(durationMs: number, error: Classification): void {
    this.#count(error);
    this.#callFailed(durationMs);
  }

  recordOutcome(
    outcome: RecoveryOutcome,
    tries: number,
    recoveryMs: number,
    reason?: RetryEnd,
  ): void {
    if (reason !== undefined) this.#series.retriesEnded(reason).increment();
    if (tries > 1) this.#series.retries().increment(tries - 1);
    if (outcome !== 'recovered') return;
    this.#lastRecoveryMs = recoveryMs;
    this.#series.recoveryTimes().observe(recoveryMs / 1_000);
  }

  /** The fallbacks of a call were tried. @param succeeded whether one of them answered */
  recordFallback(succeeded: boolean): void {
    this.#series.fallbacks(succeeded ? 'success' : 'failure').increment();
    if (succeeded) this.#fallbacks++;
  }

  get proves(): string | undefined {
    return this.#proves;
  }

  get succeededTries(): number {
    return this.#times.succeededTries;
  }

  get failing(): FailureEvidence | undefined {
    return this.#run.evidence(this.succeededTries);
  }

  forgetFailures(since: number): void {
    this.#run.end(since);
  }

  /** What the calls so far say of the resource. */
  get totals(): TrafficTotals {
    const { successes, failures } = this.#times;
    return {
      answered: successes + failures,
      unknown: this.#unknown,
      fallbacks: this.#fallbacks,
      own: successes - this.#fallbacks + this.#refused,
    };
  }

  /** Moves the window of the error rate on. */
  sample(): void {
    this.#window.sample(this.#ended, this.#times.failures);
  }

  /** Share of failures among the calls that ended in the last minute; `undefined` when none did. */
  get rate(): number | undefined {
    return this.#window.rate(this.#ended, this.#times.failures);
  }

  /** Calls that ended in the last minute. */
  get recent(): number {
    return this.#window.ended(this.#ended);
  }

  /** Failures and rejections by type of error. */
  get types(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#types].map(([type, { count }]) => [type, count]));
  }

  /** How long the last recovery took, in milliseconds; `undefined` when there was none. */
  get lastRecoveryMs(): number | undefined {
    return this.#lastRecoveryMs;
  }

  get #ended(): number {
    return this.#times.attempts - this.#times.active;
  }

  #callFailed(durationMs: number): void {
    this.#run.callFailed();
    this.#traffic.failedCall(durationMs);
  }

  #count({ type }: Classification): void {
    const counted = this.#typeCount(type);
    counted.count++;
    counted.cell.increment();
  }

  #typeCount(type: string): TypeCount {
    const name = this.#types.has(type) || this.#types.size < MAX_TYPES ? type : OTHER;
    let counted = this.#types.get(name);
    if (!counted) {
      counted = { cell: this.#series.errors(name), count: 0 };
      this.#types.set(name, counted);
    }
    return counted;
  }
}

/** Whether the dependency itself answered, if with a no: what it refuses to everybody is no sign that it serves. */
function isAnswer({ kind, reason }: Classification): boolean {
  return kind === 'permanent' && reason !== 'auth' && reason !== 'configuration';
}
