import type { Chaos } from './chaos/chaos.js';
import type { CustomPolicy } from './custom-policy.js';
import type { DetectionRule } from './detection/detection-rule.js';
import type { LimiterOptions } from './limiter.js';
import type { RetryBudgetOptions } from './retry-budget.js';

/** Retrying, see {@link PipelineOptions.retry}. */
export interface RetryOptions {
  /** Tries in total, the first included. @default 3 */
  readonly maxTries?: number;
  /** The longest wait before the first retry; doubles with each. @default 50 ms */
  readonly baseDelayMs?: number;
  /** As `baseDelayMs`, after the dependency asked to slow down. @default 1000 ms */
  readonly throttledBaseDelayMs?: number;
  /** No wait is longer. @default 20000 ms */
  readonly maxDelayMs?: number;
  /** How many retries all operations of the resource may make together; `false`: as many as they like. */
  readonly budget?: RetryBudgetOptions | false;
}

/** The circuit breaker, see {@link PipelineOptions.breaker}. */
export interface BreakerOptions {
  /** Share of failures in the window that opens the breaker. @default 0.5 */
  readonly failureRatio?: number;
  /** Calls that the window must hold before the share counts. @default 10 */
  readonly minimumCalls?: number;
  /** Length of the window. @default max(10 s, 2 × try timeout) */
  readonly windowMs?: number;
  /** Failures in a row that open the breaker, when they span `consecutiveSpanMs`. @default 5 */
  readonly consecutiveFailures?: number;
  /** @default 1000 ms */
  readonly consecutiveSpanMs?: number;
  /** How long the breaker stays open, ± 20 %. @default 5000 ms */
  readonly openMs?: number;
  /** Calls let through while half-open; all must succeed to close. @default 3 */
  readonly halfOpenPermits?: number;
  /**
   * Opens at the first connection that is refused: nothing can be served where nobody listens.
   * @default false
   */
  readonly opensOnRefused?: boolean;
  /** From when on a call is slow, in milliseconds; `false`: slowness does not open the breaker. @default false */
  readonly slowCallMs?: number | false;
  /** Share of slow calls in the window that opens the breaker. @default 0.5 */
  readonly slowCallRatio?: number;
}

/**
 * How the operations of one resource are protected; `false` switches a concern off. Defaults and their sources:
 * 3 tries with full jitter (AWS SDK, "Exponential Backoff and Jitter"), breaker semantics of resilience4j.
 */
export interface PipelineOptions {
  /** Time for one try; a duration in ms, or `false`. @default 10000 */
  readonly tryTimeoutMs?: number | false;
  /** Time for a call with its retries. @default 30000 */
  readonly totalTimeoutMs?: number | false;
  readonly retry?: RetryOptions | false;
  readonly breaker?: BreakerOptions | false;
  /** Operations in flight at the same time, and the queue before them. */
  readonly limiter?: LimiterOptions | false;
  /** Policies of the application's own, around each try's work and inside its timeout; the first is the outermost. */
  readonly policies?: readonly CustomPolicy[];
  /** Faults that are staged around the work, for tests and exercises. @default none */
  readonly chaos?: Chaos;
  /** Detection rules of the resource, before the built-in ones. */
  readonly rules?: readonly DetectionRule[];
}
