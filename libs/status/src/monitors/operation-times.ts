import type { CounterCell } from '../metrics/cells.js';
import type { HistogramCell } from '../metrics/histogram-cell.js';

/** The series that one operation counts in. */
export interface OperationSeries {
  readonly ended: Readonly<Record<'success' | 'failure' | 'rejected' | 'cancelled', CounterCell>>;
  readonly tries: Readonly<Record<'success' | 'failure', CounterCell>>;
  readonly successTimes: HistogramCell;
  /** Bound when they are needed first, so that only what happens has a series. */
  readonly failureTimes: () => HistogramCell;
  readonly cacheRequests: (result: 'hit' | 'miss') => CounterCell;
}

/** Counts and times one operation: counting only, synchronous, without allocation. */
export class OperationTimes {
  readonly #series: OperationSeries;
  readonly #attempts = new Float64Array(1);
  #failureTimes: HistogramCell | undefined;
  #hits: CounterCell | undefined;
  #misses: CounterCell | undefined;

  constructor(series: OperationSeries) {
    this.#series = series;
  }

  /** A call begins; its time is taken by who records it. */
  recordAttempt(): void {
    this.#attempts[0]!++;
  }

  recordSuccess(durationMs: number): void {
    this.#series.ended.success.increment();
    this.#series.successTimes.observe(durationMs / 1_000);
  }

  recordHit(durationMs: number): void {
    this.#requests(true).increment();
    this.recordSuccess(durationMs);
  }

  recordMiss(durationMs: number): void {
    this.#requests(false).increment();
    this.recordSuccess(durationMs);
  }

  /** A call began and succeeded without asking anybody: nothing was tried, and there is nothing to be timed. */
  recordAnswer(isHit: boolean | undefined): void {
    this.recordAttempt();
    this.#series.ended.success.increment();
    if (isHit !== undefined) this.#requests(isHit).increment();
  }

  recordFailure(durationMs: number): void {
    this.#series.ended.failure.increment();
    this.#failureTimes ??= this.#series.failureTimes();
    this.#failureTimes.observe(durationMs / 1_000);
  }

  recordRejected(): void {
    this.#series.ended.rejected.increment();
  }

  recordCancelled(): void {
    this.#series.ended.cancelled.increment();
  }

  recordSucceededTry(): void {
    this.#series.tries.success.increment();
  }

  recordFailedTry(): void {
    this.#series.tries.failure.increment();
  }

  get attempts(): number {
    return this.#attempts[0]!;
  }

  get successes(): number {
    return this.#series.ended.success.value;
  }

  get failures(): number {
    return this.#series.ended.failure.value;
  }

  get rejections(): number {
    return this.#series.ended.rejected.value;
  }

  get cancellations(): number {
    return this.#series.ended.cancelled.value;
  }

  get succeededTries(): number {
    return this.#series.tries.success.value;
  }

  /** Calls that are running. */
  get active(): number {
    return this.attempts - this.successes - this.failures - this.rejections - this.cancellations;
  }

  get hits(): number {
    return this.#hits?.value ?? 0;
  }

  get misses(): number {
    return this.#misses?.value ?? 0;
  }

  /** The times of successful calls, in seconds; also of a span of time, see {@link HistogramCell.countSince}. */
  get successTimes(): HistogramCell {
    return this.#series.successTimes;
  }

  /** A quantile of the times of all successful calls so far, in milliseconds. */
  quantileMs(q: number): number | undefined {
    const seconds = this.successTimes.quantile(q);
    return seconds === undefined ? undefined : seconds * 1_000;
  }

  #requests(isHit: boolean): CounterCell {
    if (isHit) return (this.#hits ??= this.#series.cacheRequests('hit'));
    return (this.#misses ??= this.#series.cacheRequests('miss'));
  }
}
