import type { Classification } from './classification.js';
import type { BoundOperationSpec, CallOptions, Work } from './operation.js';
import type { PipelineEnvironment } from './pipeline-environment.js';
import type { Recovery } from './recovery.js';
import { countGivenUp } from './retry-layer.js';
import { Try } from './try.js';

/** An error of a try and what detection says of it. */
export interface Failure {
  readonly error: unknown;
  readonly classification: Classification;
}

/** One call of an operation, from its beginning to its one end: its tries, and what the last one failed with. */
export class Execution<A, R> {
  readonly environment: PipelineEnvironment;
  readonly operation: BoundOperationSpec<A, R>;
  readonly work: Work<A, R>;
  readonly arg: A;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  /** When the caller needs the answer, as a time of the clock; `Infinity` if it did not say. */
  readonly callerDeadline: number;
  /** When the whole call must have ended, fallbacks not included. */
  readonly deadline: number;
  /** Executions of the work so far. */
  tries = 0;
  /** When the first try failed. */
  firstFailureAt = 0;

  readonly #startedAt: number;
  #failure: Failure | undefined = undefined;
  #givenUpBefore = 0;

  constructor(
    environment: PipelineEnvironment,
    operation: BoundOperationSpec<A, R>,
    work: Work<A, R>,
    arg: A,
    call: CallOptions | undefined,
  ) {
    const now = environment.clock.now();
    this.environment = environment;
    this.operation = operation;
    this.work = work;
    this.arg = arg;
    this.signal = call?.signal;
    this.callerDeadline = call?.deadline ?? Infinity;
    this.deadline = Math.min(now + operation.totalTimeoutMs, this.callerDeadline);
    this.#startedAt = now;
  }

  /** The whole call. @returns the value itself where the work gives it at once */
  start(): R | Promise<R> {
    this.environment.inFlight.begin();
    this.operation.observer?.begun();
    this.#givenUpBefore = countGivenUp();
    return new Try(this).start(this.#startedAt);
  }

  /** One more try, of a call that failed before. */
  async tryAgain(): Promise<R> {
    this.#givenUpBefore = countGivenUp();
    return new Try(this).start(this.environment.clock.now());
  }

  /** What the last try failed with. */
  get failure(): Failure {
    if (!this.#failure) throw new Error('An execution that has not failed has no failure.');
    return this.#failure;
  }

  /** What `countGivenUp` gave when the last try began. */
  get givenUpBefore(): number {
    return this.#givenUpBefore;
  }

  /** Time left for the call, in milliseconds; `Infinity` without a deadline. */
  remainingMs(): number {
    return this.deadline === Infinity ? Infinity : this.deadline - this.environment.clock.now();
  }

  /** A try succeeded: the call has, if it was the first; otherwise its recovery ends it. */
  trySucceeded(value: R, now: number): void {
    if (this.#failure === undefined) this.#end(value, now);
  }

  /** A try failed: the first one is handed to the handler, whose word is the result of the call. */
  tryFailed(failure: Failure, now: number): Promise<R> {
    const isFirst = this.#failure === undefined;
    this.#failure = failure;
    if (!isFirst) return Promise.reject(failure.error);
    this.firstFailureAt = now;
    return this.environment.handler.handle(this);
  }

  /** The recovery of the call has ended, and the call with it. */
  recovered(recovery: Recovery<R>): Promise<R> {
    const { environment, operation } = this;
    const now = environment.clock.now();
    const { outcome, reason } = recovery;
    operation.recorder.recordOutcome(outcome, this.tries, now - this.firstFailureAt, reason);
    if ('value' in recovery) {
      this.#end(recovery.value, now);
      return Promise.resolve(recovery.value);
    }
    environment.inFlight.end();
    operation.observer?.failed(this.#classify(recovery.error), now - this.#startedAt);
    return Promise.reject(recovery.error);
  }

  #end(value: R, now: number): void {
    this.environment.inFlight.end();
    this.operation.observer?.succeeded(value, now - this.#startedAt);
  }

  #classify(error: unknown): Classification {
    const { classification, error: last } = this.failure;
    return error === last ? classification : this.environment.detector.detect(error);
  }
}
