import type { Classification } from './classification.js';
import { executeWork } from './execute-work.js';
import type { BoundOperationSpec, CallOptions, OperationContext, Work } from './operation.js';
import type { PipelineEnvironment } from './pipeline-environment.js';
import type { Recovery } from './recovery.js';
import { countGivenUp } from './retry-layer.js';
import { Try } from './try.js';

/** An error of a try and what detection says of it. */
export interface Failure {
  readonly error: unknown;
  readonly classification: Classification;
  /** Time of the clock. */
  readonly at: number;
}

/**
 * One call of an operation, from its beginning to its one end: its tries, and what the last one failed with. One whose
 * work answered at once serves the next call, so that a synchronous value costs no allocation.
 */
export class Execution<A, R> {
  readonly environment: PipelineEnvironment;
  readonly operation: BoundOperationSpec<A, R>;
  /** Executions of the work so far. */
  tries = 0;

  readonly #first: Try<A, R>;
  #work: Work<A, R> | undefined = undefined;
  #arg: A | undefined = undefined;
  #call: CallOptions | undefined = undefined;
  #startedAt = 0;
  #firstFailure: Failure | undefined = undefined;
  #lastFailure: Failure | undefined = undefined;
  #givenUpBefore = 0;

  constructor(environment: PipelineEnvironment, operation: BoundOperationSpec<A, R>) {
    this.environment = environment;
    this.operation = operation;
    this.#first = new Try(this);
  }

  /** The caller's signal. */
  get signal(): AbortSignal | undefined {
    return this.#call?.signal;
  }

  /** When the caller needs the answer, as a time of the clock; `Infinity` if it did not say. */
  get callerDeadline(): number {
    return this.#call?.deadline ?? Infinity;
  }

  /** When the whole call must have ended, fallbacks not included. */
  get deadline(): number {
    return Math.min(this.#startedAt + this.operation.totalTimeoutMs, this.callerDeadline);
  }

  /** The whole call. @returns the value itself where the work gives it at once */
  start(work: Work<A, R>, arg: A, call: CallOptions | undefined): R | Promise<R> {
    const { environment, operation } = this;
    const now = environment.clock.now();
    this.#work = work;
    this.#arg = arg;
    this.#call = call;
    this.#startedAt = now;
    this.#givenUpBefore = countGivenUp();
    environment.inFlight.begin();
    operation.observer?.begun();
    return this.#first.start(now);
  }

  /** Executes the work, once. */
  work(context: OperationContext): R | PromiseLike<R> {
    return executeWork(this.environment, this.#work as Work<A, R>, this.#arg as A, context);
  }

  /** Whether its time may be over, or its caller may have aborted, before the next try: nobody can know but a new call. */
  get mayBeOver(): boolean {
    return this.tries > 0 || this.#call !== undefined;
  }

  /** What the call was made with. */
  get arg(): A {
    return this.#arg as A;
  }

  /** A try ended at once; if it was the call's first, the call has ended, too: the next one may use its objects. */
  recycle(): void {
    if (this.#firstFailure !== undefined) return;
    this.tries = 0;
    this.#work = undefined;
    this.#arg = undefined;
    this.#call = undefined;
    this.operation.spare = this;
  }

  /** One more try, of a call that failed before. */
  async tryAgain(): Promise<R> {
    this.#givenUpBefore = countGivenUp();
    return new Try(this).start(this.environment.clock.now());
  }

  /** What the last try failed with. */
  get failure(): Failure {
    if (!this.#lastFailure) throw new Error('An execution that has not failed has no failure.');
    return this.#lastFailure;
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
    if (this.#firstFailure === undefined) this.#end(value, now);
  }

  /** A try failed: the first one is handed to the handler, whose word is the result of the call. */
  tryFailed(failure: Failure): Promise<R> {
    this.#lastFailure = failure;
    if (this.#firstFailure !== undefined) return Promise.reject(failure.error);
    this.#firstFailure = failure;
    return this.environment.handler.handle(this);
  }

  /** The recovery of the call has ended, and the call with it. */
  recovered(recovery: Recovery<R>): Promise<R> {
    const { environment, operation } = this;
    const now = environment.clock.now();
    const { outcome, reason } = recovery;
    const recoveryMs = now - (this.#firstFailure?.at ?? now);
    operation.recorder.recordOutcome(outcome, this.tries, recoveryMs, reason);
    if ('value' in recovery) {
      this.#end(recovery.value, now);
      return Promise.resolve(recovery.value);
    }
    environment.inFlight.end();
    operation.observer?.failed(this.#classify(recovery.error), now - this.#startedAt);
    return rejectLater(recovery.error);
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

const soon = Promise.resolve();

/**
 * Rejects when the caller has had time to listen: a rejection that nobody listens to yet costs three times as much. Not
 * by a `throw`, for which V8 looks up where it happens.
 */
function rejectLater(error: unknown): Promise<never> {
  return new Promise((_resolve, reject) => {
    void soon.then(() => reject(error));
  });
}
