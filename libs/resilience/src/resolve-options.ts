import type { Chaos } from './chaos/chaos.js';
import type { CustomPolicy } from './custom-policy.js';
import type { DetectionRule } from './detection/detection-rule.js';
import type { LimiterOptions } from './limiter.js';
import type { Fallback, OperationOptions } from './operation.js';
import { PipelineOptionsError } from './pipeline-options.error.js';
import type { BreakerOptions, PipelineOptions, RetryOptions } from './resilience.options.js';
import type { RetryBudgetOptions } from './retry-budget.js';
import { validateLimits, validateOptions } from './validate-options.js';

/** {@link RetryOptions} with everything decided. */
export interface ResolvedRetryOptions extends Required<Omit<RetryOptions, 'budget'>> {
  readonly budget: Required<RetryBudgetOptions> | false;
}

/** {@link BreakerOptions} with everything decided. */
export interface ResolvedBreakerOptions extends Required<BreakerOptions> {
  /** `Infinity`: no call is slow. */
  readonly slowCallMs: number;
}

/** {@link PipelineOptions} with everything decided. */
export interface ResolvedPipelineOptions {
  readonly tryTimeoutMs: number | false;
  readonly totalTimeoutMs: number | false;
  readonly retry: ResolvedRetryOptions;
  readonly breaker: ResolvedBreakerOptions | false;
  readonly limiter: Required<LimiterOptions> | false;
  readonly policies: readonly CustomPolicy[];
  readonly chaos: Chaos | undefined;
  readonly rules: readonly DetectionRule[];
}

const RETRY: Required<Omit<RetryOptions, 'budget'>> = {
  maxTries: 3,
  baseDelayMs: 50,
  throttledBaseDelayMs: 1_000,
  maxDelayMs: 20_000,
};
const BUDGET: Required<RetryBudgetOptions> = {
  minimumRetries: 3,
  share: 0.1,
  windowMs: 10_000,
};
const LIMITER: Required<LimiterOptions> = { maxConcurrent: 100, maxQueue: 100, maxWaitMs: 1_000 };

/**
 * Decides every option and checks that they fit together.
 * @throws {@link PipelineOptionsError} when a value makes no sense or two contradict each other
 */
export function resolvePipelineOptions(options: PipelineOptions = {}): ResolvedPipelineOptions {
  const tryTimeoutMs = options.tryTimeoutMs ?? 10_000;
  const totalTimeoutMs = options.totalTimeoutMs ?? 30_000;
  const { limiter } = options;
  const resolved: ResolvedPipelineOptions = {
    tryTimeoutMs,
    totalTimeoutMs,
    retry: resolveRetry(options.retry),
    breaker: options.breaker === false ? false : resolveBreaker(options.breaker, tryTimeoutMs),
    limiter: limiter === false ? false : { ...LIMITER, ...defined(limiter) },
    policies: options.policies ?? [],
    chaos: options.chaos,
    rules: options.rules ?? [],
  };
  validateOptions(resolved);
  return resolved;
}

function resolveRetry(options: RetryOptions | false | undefined): ResolvedRetryOptions {
  if (options === false) return { ...RETRY, maxTries: 1, budget: false };
  const budget = options?.budget;
  return {
    ...RETRY,
    ...defined(options),
    budget: budget === false ? false : { ...BUDGET, ...defined(budget) },
  };
}

function resolveBreaker(
  options: BreakerOptions | undefined,
  tryTimeoutMs: number | false,
): ResolvedBreakerOptions {
  const slowCallMs = options?.slowCallMs ?? false;
  return {
    failureRatio: 0.5,
    minimumCalls: 10,
    windowMs: Math.max(10_000, 2 * (tryTimeoutMs || 0)),
    consecutiveFailures: 5,
    consecutiveSpanMs: 1_000,
    openMs: 5_000,
    halfOpenPermits: 3,
    opensOnRefused: false,
    slowCallRatio: 0.5,
    ...defined(options),
    slowCallMs: slowCallMs === false ? Infinity : slowCallMs,
  };
}

/** An option that is there but `undefined` is one that was not given. */
function defined<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
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

/** How many fallbacks an operation may have. */
const MAX_FALLBACKS = 3;

/** @throws {@link PipelineOptionsError} when there are too many: each one more takes longer to say no */
export function resolveFallbacks<A, R>(
  fallback: OperationOptions<A, R>['fallback'],
): readonly Fallback<A, R>[] {
  if (fallback === undefined) return [];
  const fallbacks = typeof fallback === 'function' ? [fallback] : [...fallback];
  if (fallbacks.length > MAX_FALLBACKS) {
    throw new PipelineOptionsError('fallback', fallbacks.length, `at most ${MAX_FALLBACKS}`);
  }
  return fallbacks;
}

function atMost(limit: number | false | undefined, inherited: number | false): number | false {
  return limit && inherited ? Math.min(limit, inherited) : inherited;
}

function atLeast(limit: number | false | undefined, inherited: number | false): number | false {
  return limit && inherited ? Math.max(limit, inherited) : inherited;
}
