import type { Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker, CircuitPermit } from './circuit-breaker.js';
import { isFailureOfDependency, type Classification } from './classification.js';
import type { ErrorDetector } from './error-detector.js';
import { OperationCancelledError } from './operation-cancelled.error.js';
import { OperationTimeoutError } from './operation-timeout.error.js';
import type { BoundOperationSpec, CallOptions, Work } from './operation.js';
import { TryContext } from './try-context.js';

/** What the executions of one pipeline share. */
export interface ExecutionEnvironment {
  readonly clock: Clock;
  readonly detector: ErrorDetector;
  readonly breaker: CircuitBreaker | undefined;
}

/** An error of a try and what detection says of it. */
export interface Failure {
  readonly error: unknown;
  readonly classification: Classification;
}

/** One call of an operation: executes its tries, each under its deadlines and the breaker. */
export class Execution<A, R> {
  readonly operation: BoundOperationSpec<A, R>;
  readonly arg: A;
  readonly signal: AbortSignal | undefined;
  /** When the caller needs the answer, as a time of the clock; `Infinity` if it did not say. */
  readonly callerDeadline: number;
  /** When the whole call must have ended, fallbacks not included. */
  readonly deadline: number;
  /** Executions of the work so far. */
  tries = 0;
  /** When the first try failed. */
  firstFailureAt = 0;
  /** What the last try failed with. */
  failure: Failure | undefined;

  readonly #environment: ExecutionEnvironment;
  readonly #work: Work<A, R>;
  /** The last try had less time than the operation gives it, because its caller has no more. */
  #isCutByCaller = false;

  constructor(
    environment: ExecutionEnvironment,
    operation: BoundOperationSpec<A, R>,
    work: Work<A, R>,
    arg: A,
    call: CallOptions | undefined,
  ) {
    this.#environment = environment;
    this.#work = work;
    this.operation = operation;
    this.arg = arg;
    this.signal = call?.signal;
    const total = operation.totalTimeoutMs;
    const own = total === false ? Infinity : environment.clock.now() + total;
    this.callerDeadline = call?.deadline ?? Infinity;
    this.deadline = Math.min(own, this.callerDeadline);
  }

  /** Time left for the call, in milliseconds; `Infinity` without a deadline. */
  remainingMs(): number {
    return this.deadline === Infinity ? Infinity : this.deadline - this.#environment.clock.now();
  }

  /**
   * Executes the work once.
   * @throws what the try failed with; also kept as {@link failure}
   */
  async tryOnce(): Promise<R> {
    let permit: CircuitPermit | undefined;
    let startedAt = -1;
    try {
      this.#throwIfOver();
      if (this.operation.asksBreaker) permit = this.#environment.breaker?.admit();
      startedAt = this.#environment.clock.now();
      const value = await this.#runBounded(
        new TryContext(this.operation.resource, this.operation.name, ++this.tries),
      );
      this.operation.recorder.recordTry(this.#environment.clock.now() - startedAt);
      if (permit) this.#environment.breaker?.recordSuccess(permit);
      return value;
    } catch (error) {
      this.#fail(error, permit, startedAt);
      throw error;
    }
  }

  #fail(error: unknown, permit: CircuitPermit | undefined, startedAt: number): void {
    const { clock, detector, breaker } = this.#environment;
    const classification = detector.detect(error);
    const now = clock.now();
    if (!this.failure) this.firstFailureAt = now;
    this.failure = { error, classification };
    if (startedAt >= 0) this.operation.recorder.recordTry(now - startedAt, classification);
    const isNeutral = classification.partial === true || this.#isCutByCaller;
    const isFailure = !isNeutral && isFailureOfDependency(classification);
    if (!permit) {
      if (isFailure && !this.operation.asksBreaker) breaker?.recordProbe(false);
    } else if (isFailure) breaker?.recordFailure(permit);
    else if (classification.kind === 'permanent' && !isNeutral) breaker?.recordSuccess(permit);
    else breaker?.recordNeutral(permit);
  }

  #throwIfOver(): void {
    if (this.signal?.aborted) throw this.#cancelled();
    if (this.remainingMs() <= 0) throw this.#timedOut(0);
  }

  /** Runs the work and settles at the try's deadline or the caller's abort, whatever the work does. */
  #runBounded(context: TryContext): R | PromiseLike<R> {
    const ownMs = this.operation.tryTimeoutMs || Infinity;
    const remainingMs = this.remainingMs();
    const limitMs = Math.min(ownMs, remainingMs);
    const result = this.#work(this.arg, context);
    if (!isThenable(result)) return result;
    if (limitMs === Infinity && !this.signal) return result;
    const isCallersLimit = remainingMs < ownMs && this.deadline === this.callerDeadline;
    return this.#race(result, context, limitMs, isCallersLimit);
  }

  #race(
    result: PromiseLike<R>,
    context: TryContext,
    limitMs: number,
    isCallersLimit: boolean,
  ): Promise<R> {
    const { signal } = this;
    return new Promise<R>((resolve, reject) => {
      const giveUp = (error: Error): void => {
        release();
        reject(error);
        context.abort(error);
      };
      const onAbort = (): void => giveUp(this.#cancelled());
      const timer =
        limitMs === Infinity
          ? undefined
          : this.#environment.clock.schedule(() => {
              this.#isCutByCaller = isCallersLimit;
              giveUp(this.#timedOut(limitMs));
            }, limitMs);
      const release = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      result.then(
        (value) => {
          release();
          resolve(value);
        },
        (error: unknown) => {
          release();
          reject(error);
        },
      );
      // The work itself may have aborted before the listener was there.
      if (signal?.aborted) onAbort();
    });
  }

  #cancelled(): OperationCancelledError {
    const { resource, name } = this.operation;
    return new OperationCancelledError(resource, name, 'caller', this.signal?.reason);
  }

  #timedOut(limitMs: number): OperationTimeoutError {
    return new OperationTimeoutError(this.operation.resource, this.operation.name, limitMs);
  }
}

function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return typeof (value as PromiseLike<R> | undefined)?.then === 'function';
}
