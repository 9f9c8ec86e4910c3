import type { Execution } from './execution.js';
import type { CallObserver } from './call-observer.js';
import type { BoundRecorder } from './operation-recorder.js';
import type { TimeoutQueue } from './timeout-queue.js';

/**
 * What the work of an operation is told about the try that it is. It belongs to the work until that has ended, and may
 * then serve another try; a signal that was read stays the try's own.
 */
export interface OperationContext {
  readonly resource: string;
  readonly operation: string;
  /** 1 for the first try, 2 for the first retry, … */
  readonly tryNumber: number;
  /** When the work of the try was begun, as a time of `Clock.now()`: spares work that has to know the time a reading. */
  readonly startedAt: number;
  /** Aborts at the try's timeout and at the caller's abort. Created when it is read first. */
  readonly signal: AbortSignal;
}

/** The work of an operation: one execution of it is a *try*. */
export type Work<A, R> = (arg: A, context: OperationContext) => R | PromiseLike<R>;

/** What one call may say beside its argument. */
export interface CallOptions {
  /** The caller's own signal; its abort cancels the call at once. */
  readonly signal?: AbortSignal | undefined;
  /** When the caller needs the answer, as a time of `Clock.now()`; caps the operation's own deadlines. */
  readonly deadline?: number | undefined;
}

/** Gives an alternative result. It receives the error of the operation and the call's argument. */
export type Fallback<A, R> = (error: unknown, arg: A) => R | PromiseLike<R>;

/** How an operation behaves; given once, when it is bound. */
export interface OperationOptions<A = never, R = unknown> {
  /**
   * `true`: may be executed more than once for one call, so that it is retried after any retryable error. Otherwise
   * only errors that prove that nothing was sent are retried.
   * @default false
   */
  readonly idempotent?: boolean;
  /**
   * Time for one try, in milliseconds; `false` for none.
   * @default the pipeline's
   */
  readonly tryTimeoutMs?: number | false;
  /**
   * Time for the whole call with its retries, in milliseconds; `false` for none.
   * @default the pipeline's
   */
  readonly totalTimeoutMs?: number | false;
  /** Tries in total. @default the pipeline's */
  readonly maxTries?: number;
  /**
   * `false`: each call is a part of another operation of the resource, which has asked the breaker and will tell it how
   * the whole ended. It is not asked again, so that no part is refused; it only hears of a part that fails.
   * @default true
   */
  readonly breaker?: boolean;
  /**
   * `false`: the operation takes no slot of the limiter, since it may rightly take long (a transfer), or is a part of
   * one that has a slot.
   * @default true
   */
  readonly limiter?: boolean;
  /**
   * An alternative result for a known failure of the dependency (timeout, unavailable, transient, throttled, rejected),
   * or up to 3 of them: each is asked when the one before it failed.
   */
  readonly fallback?: Fallback<A, R> | readonly Fallback<A, R>[];
  /** For reads that can miss: whether the result is a hit. Recorded as hit or miss in place of success. */
  readonly isHit?: (result: R) => boolean;
}

/** An operation with everything resolved, as the pipeline runs it. */
export interface BoundOperationSpec<A, R> {
  readonly resource: string;
  readonly name: string;
  readonly idempotent: boolean;
  /** `Infinity`: none. */
  readonly tryTimeoutMs: number;
  /** `Infinity`: none. */
  readonly totalTimeoutMs: number;
  readonly maxTries: number;
  /** How long a slot or a half-open permit is kept for a try that does not end. */
  readonly leaseMs: number;
  readonly asksBreaker: boolean;
  readonly asksLimiter: boolean;
  readonly fallbacks: readonly Fallback<A, R>[];
  readonly recorder: BoundRecorder;
  /** Sees whole calls, where nothing else does. */
  readonly observer: CallObserver | undefined;
  /** Where its tries wait for their timeout. */
  readonly timeouts: TimeoutQueue;
  /** Of a call that ended at once, for the next one. */
  spare: Execution<A, R> | undefined;
}
