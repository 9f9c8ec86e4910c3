import type { DetectionRule } from './detection/detection-rule.js';
import { PipelineOptionsError } from './pipeline-options.error.js';

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
  /** Detection rules of the resource, before the built-in ones. */
  readonly rules?: readonly DetectionRule[];
}

/** {@link PipelineOptions} with everything decided. */
export interface ResolvedPipelineOptions {
  readonly tryTimeoutMs: number | false;
  readonly totalTimeoutMs: number | false;
  readonly retry: Required<RetryOptions>;
  readonly breaker: Required<BreakerOptions> | false;
  readonly rules: readonly DetectionRule[];
}

const RETRY: Required<RetryOptions> = {
  maxTries: 3,
  baseDelayMs: 50,
  throttledBaseDelayMs: 1_000,
  maxDelayMs: 20_000,
};

/**
 * Decides every option and checks that they fit together.
 * @throws {@link PipelineOptionsError} when a value makes no sense or two contradict each other
 */
export function resolvePipelineOptions(options: PipelineOptions = {}): ResolvedPipelineOptions {
  const tryTimeoutMs = options.tryTimeoutMs ?? 10_000;
  const totalTimeoutMs = options.totalTimeoutMs ?? 30_000;
  const retry =
    options.retry === false ? { ...RETRY, maxTries: 1 } : { ...RETRY, ...options.retry };
  const breaker = options.breaker === false ? false : resolveBreaker(options.breaker, tryTimeoutMs);
  const resolved: ResolvedPipelineOptions = {
    tryTimeoutMs,
    totalTimeoutMs,
    retry,
    breaker,
    rules: options.rules ?? [],
  };
  validate(resolved);
  return resolved;
}

function resolveBreaker(
  options: BreakerOptions | undefined,
  tryTimeoutMs: number | false,
): Required<BreakerOptions> {
  return {
    failureRatio: 0.5,
    minimumCalls: 10,
    windowMs: Math.max(10_000, 2 * (tryTimeoutMs || 0)),
    consecutiveFailures: 5,
    consecutiveSpanMs: 1_000,
    openMs: 5_000,
    halfOpenPermits: 3,
    ...options,
  };
}

/** How long an operation may take and how often it may be tried. */
export interface OperationLimits {
  readonly tryTimeoutMs: number | false;
  readonly totalTimeoutMs: number | false;
  readonly maxTries: number;
}

/**
 * Decides the limits of one operation: its own, else those of its pipeline. Where only one deadline is its own, the
 * other one follows.
 * @throws {@link PipelineOptionsError} when a value makes no sense or two contradict each other
 */
export function resolveOperationLimits(
  own: Partial<OperationLimits>,
  pipeline: ResolvedPipelineOptions,
): OperationLimits {
  const limits = {
    tryTimeoutMs: own.tryTimeoutMs ?? atMost(own.totalTimeoutMs, pipeline.tryTimeoutMs),
    totalTimeoutMs: own.totalTimeoutMs ?? atLeast(own.tryTimeoutMs, pipeline.totalTimeoutMs),
    maxTries: own.maxTries ?? pipeline.retry.maxTries,
  };
  validateLimits(limits);
  return limits;
}

function atMost(limit: number | false | undefined, inherited: number | false): number | false {
  return limit && inherited ? Math.min(limit, inherited) : inherited;
}

function atLeast(limit: number | false | undefined, inherited: number | false): number | false {
  return limit && inherited ? Math.max(limit, inherited) : inherited;
}

function validateLimits({ tryTimeoutMs, totalTimeoutMs, maxTries }: OperationLimits): void {
  if (tryTimeoutMs !== false) requirePositive('tryTimeoutMs', tryTimeoutMs);
  if (totalTimeoutMs !== false) requirePositive('totalTimeoutMs', totalTimeoutMs);
  if (tryTimeoutMs !== false && totalTimeoutMs !== false && totalTimeoutMs < tryTimeoutMs) {
    const allowed = `at least tryTimeoutMs (${tryTimeoutMs})`;
    throw new PipelineOptionsError('totalTimeoutMs', totalTimeoutMs, allowed);
  }
  requireCount('maxTries', maxTries);
}

function validate({ tryTimeoutMs, totalTimeoutMs, retry, breaker }: ResolvedPipelineOptions): void {
  validateLimits({ tryTimeoutMs, totalTimeoutMs, maxTries: retry.maxTries });
  requirePositive('retry.baseDelayMs', retry.baseDelayMs);
  requirePositive('retry.throttledBaseDelayMs', retry.throttledBaseDelayMs);
  requirePositive('retry.maxDelayMs', retry.maxDelayMs);
  if (breaker !== false) validateBreaker(breaker, tryTimeoutMs);
}

function validateBreaker(breaker: Required<BreakerOptions>, tryTimeoutMs: number | false): void {
  const { failureRatio, windowMs } = breaker;
  if (!(failureRatio > 0 && failureRatio <= 1)) {
    throw new PipelineOptionsError('breaker.failureRatio', failureRatio, 'a share in (0, 1]');
  }
  requireCount('breaker.minimumCalls', breaker.minimumCalls);
  requireCount('breaker.consecutiveFailures', breaker.consecutiveFailures);
  requireCount('breaker.halfOpenPermits', breaker.halfOpenPermits);
  requirePositive('breaker.windowMs', windowMs);
  requirePositive('breaker.openMs', breaker.openMs);
  if (!(breaker.consecutiveSpanMs >= 0)) {
    const allowed = 'a number of milliseconds from 0';
    throw new PipelineOptionsError('breaker.consecutiveSpanMs', breaker.consecutiveSpanMs, allowed);
  }
  if (tryTimeoutMs !== false && windowMs < 2 * tryTimeoutMs) {
    const allowed = `at least 2 × tryTimeoutMs (${2 * tryTimeoutMs})`;
    throw new PipelineOptionsError('breaker.windowMs', windowMs, allowed);
  }
}

function requirePositive(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new PipelineOptionsError(name, value, 'a number of milliseconds above 0');
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new PipelineOptionsError(name, value, 'a whole number from 1');
}
