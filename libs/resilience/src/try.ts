import type { Timer } from 'nestjs-mainstay/common';
import type { Abortable } from './abort-watch.js';
import { asPromise } from './as-promise.js';
import { CallerScope } from './caller-scope.js';
import type { CircuitPermit } from './circuit-leases.js';
import type { Execution } from './execution.js';
import { OperationCancelledError, type CancellationReason } from './operation-cancelled.error.js';
import { OperationTimeoutError } from './operation-timeout.error.js';
import { tellBreaker, tellBreakerOfPart } from './tell-breaker.js';
import type { TimeoutEntry, TimeoutQueue } from './timeout-queue.js';
import { TryContext } from './try-context.js';

/**
 * One execution of an operation's work: breaker → limiter → try timeout → the application's policies → staged chaos →
 * the work. It settles at its timeout and at its caller's abort, whatever the work does. Itself its own context and its
 * own entry among the timeouts and the callers' signals, so that it costs one object.
 */
export class Try<A, R> extends TryContext implements TimeoutEntry, Abortable {
  next: TimeoutEntry | undefined = undefined;
  previous: TimeoutEntry | undefined = undefined;
  dueAt = 0;

  readonly #execution: Execution<A, R>;
  #permit: CircuitPermit | undefined = undefined;
  /** Of the breaker, when a try without a permit of its own began. */
  #generation = 0;
  #holdsSlot = false;
  /** When the work was executed; negative before. */
  #executedAt = -1;
  /** Its time, where that is less than the operation gives it; 0 otherwise. */
  #shortLimitMs = 0;
  #queue: TimeoutQueue | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** What the work gave, as long as it is waited for. */
  #pending: Promise<R> | undefined = undefined;
  #resolve: ((outcome: R | PromiseLike<R>) => void) | undefined = undefined;
  /** Where the call goes on after this try, if it can. */
  #scope: CallerScope | undefined = undefined;

  constructor(execution: Execution<A, R>) {
    super(execution.operation, execution.tries + 1);
    this.#execution = execution;
  }

  get startedAt(): number {
    return this.#executedAt;
  }

  /** Executes the work, as soon as the breaker and the limiter let it. @returns the value, at once if the work does */
  start(now: number): R | Promise<R> {
    const { environment, operation } = this.#execution;
    const { breaker, limiter } = environment;
    try {
      if (this.#execution.mayBeOver) this.#throwIfOver(now);
      if (breaker) {
        if (operation.asksBreaker) this.#permit = breaker.admit(now, operation.leaseMs);
        else this.#generation = breaker.generation;
      }
      if (operation.asksLimiter && limiter) {
        if (!limiter.tryAcquire()) return this.#startWithSlot(now);
        this.#holdsSlot = true;
      }
    } catch (error) {
      return this.#fail(error, false);
    }
    return this.#execute(now);
  }

  onTimeout(): void {
    const limitMs = this.#shortLimitMs || this.#execution.operation.tryTimeoutMs;
    this.#giveUp(this.#timedOut(limitMs), this.#isCutByCaller());
  }

  onAbort(): void {
    this.#giveUp(this.#cancelled('caller'), false);
  }

  /** The shutdown no longer waits for this try. */
  onShutdown(): void {
    this.#giveUp(this.#cancelled('shutdown'), false);
  }

  async #startWithSlot(now: number): Promise<R> {
    const { environment, operation, signal, deadline } = this.#execution;
    const { breaker, limiter, slotWaits, clock } = environment;
    try {
      await slotWaits.run(signal, (cut) => limiter!.acquire(cut, deadline - now));
      this.#holdsSlot = true;
      this.#throwIfOver(clock.now());
      if (this.#permit) this.#permit = breaker?.readmit(this.#permit, operation.leaseMs);
    } catch (error) {
      return this.#fail(this.#reasonOfCut() ?? error, false);
    }
    return this.#execute(clock.now());
  }

  #execute(now: number): R | Promise<R> {
    const execution = this.#execution;
    this.#executedAt = now;
    execution.tries++;
    let result: R | PromiseLike<R>;
    let pending: Promise<R> | undefined;
    try {
      result = execution.work(this);
      pending = asPromise(result);
    } catch (error) {
      return this.#fail(error, false);
    }
    if (pending !== undefined) return this.#settle(pending, now);
    const value = result as R;
    this.#succeed(value);
    if (!this.isSignalRead) this.#recycle();
    return value;
  }

  /** What this try had is not the next one's to give back, or to be judged by. */
  #recycle(): void {
    this.#permit = undefined;
    this.#holdsSlot = false;
    this.#executedAt = -1;
    this.#execution.recycle();
  }

  #settle(pending: Promise<R>, now: number): Promise<R> {
    const settled = new Promise<R>((resolve) => {
      this.#resolve = resolve;
    });
    this.#pending = pending;
    const { maxTries, fallbacks } = this.#execution.operation;
    if (maxTries > 1 || fallbacks.length > 0) this.#scope = new CallerScope();
    pending.then(
      (value) => this.#onValue(value),
      (error: unknown) => this.#onError(error),
    );
    this.#bound(now);
    return settled;
  }

  #onValue(value: R): void {
    if (this.#pending === undefined) return;
    this.#succeed(value);
    this.#resolve?.(value);
  }

  #onError(error: unknown): void {
    if (this.#pending !== undefined) this.#resolve?.(this.#fail(error, false));
  }

  /** From here on the timeout and the caller's signal can end the try. */
  #bound(now: number): void {
    const { environment, operation, deadline, signal } = this.#execution;
    const ownMs = operation.tryTimeoutMs;
    // Summed up as the deadline was: the difference of two times need not be what was added.
    if (now + ownMs <= deadline) {
      this.#queue = operation.timeouts;
    } else {
      this.#shortLimitMs = deadline - now;
      this.#queue = environment.untimed;
      this.#timer = environment.clock.schedule(() => this.onTimeout(), this.#shortLimitMs);
    }
    this.#queue.add(this, now);
    if (signal === undefined) return;
    environment.aborts.add(signal, this);
    // The work itself may have aborted it.
    if (signal.aborted) this.onAbort();
  }

  #succeed(value: R): void {
    const { environment, operation } = this.#execution;
    const now = environment.clock.now();
    const durationMs = now - this.#executedAt;
    this.#end();
    if (this.#holdsSlot) environment.limiter?.release();
    operation.recorder.recordTry(durationMs);
    if (this.#permit) environment.breaker?.recordSuccess(this.#permit, durationMs, now);
    environment.budget?.recordSuccess(now);
    this.#execution.trySucceeded(value, now);
  }

  #giveUp(error: Error, isCutByCaller: boolean): void {
    const { environment, operation } = this.#execution;
    const pending = this.#pending;
    if (pending === undefined) return;
    if (this.#holdsSlot) {
      this.#holdsSlot = false;
      environment.limiter?.holdUntil(pending, operation.leaseMs);
    }
    if (this.#scope) this.#scope.runInAsyncScope(() => this.#cut(error, isCutByCaller));
    else this.#cut(error, isCutByCaller);
  }

  #cut(error: Error, isCutByCaller: boolean): void {
    this.#resolve?.(this.#fail(error, isCutByCaller));
    this.abort(error);
  }

  #fail(error: unknown, isCutByCaller: boolean): R | Promise<R> {
    const { environment, operation } = this.#execution;
    const now = environment.clock.now();
    const classification = environment.detector.detect(error);
    this.#end();
    if (this.#holdsSlot) environment.limiter?.release();
    const isExecuted = this.#executedAt >= 0;
    if (isExecuted) operation.recorder.recordTry(now - this.#executedAt, classification);
    const isNeutral = !isExecuted || classification.partial === true || isCutByCaller;
    const durationMs = now - this.#executedAt;
    if (this.#permit) {
      tellBreaker(environment.breaker, this.#permit, {
        classification,
        isNeutral,
        durationMs,
        now,
      });
    } else if (!isNeutral && !operation.asksBreaker) {
      tellBreakerOfPart(environment.breaker, this.#generation, classification);
    }
    return this.#execution.tryFailed({ error, classification, at: now });
  }

  #end(): void {
    this.#pending = undefined;
    this.#queue?.remove(this);
    this.#timer?.cancel();
    const { environment, signal } = this.#execution;
    if (signal !== undefined) environment.aborts.remove(signal, this);
  }

  #throwIfOver(now: number): void {
    const { signal, deadline } = this.#execution;
    if (signal?.aborted) throw this.#cancelled('caller');
    // Also for a deadline that is no number.
    if (!(deadline > now)) throw this.#timedOut(0);
  }

  /** Why a wait was cut, if it was. */
  #reasonOfCut(): OperationCancelledError | undefined {
    const { environment, signal } = this.#execution;
    if (signal?.aborted) return this.#cancelled('caller');
    return environment.slotWaits.isShutDown ? this.#cancelled('shutdown') : undefined;
  }

  /** The try had less time than its operation gives it, because its caller has no more. */
  #isCutByCaller(): boolean {
    const { deadline, callerDeadline } = this.#execution;
    return this.#shortLimitMs > 0 && deadline === callerDeadline;
  }

  #cancelled(reason: CancellationReason): OperationCancelledError {
    const { signal } = this.#execution;
    const cause = reason === 'caller' ? (signal?.reason as unknown) : undefined;
    return new OperationCancelledError(this.resource, this.operation, reason, cause);
  }

  #timedOut(limitMs: number): OperationTimeoutError {
    return new OperationTimeoutError(this.resource, this.operation, limitMs);
  }
}
