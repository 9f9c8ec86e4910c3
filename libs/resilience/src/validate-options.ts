import { PipelineOptionsError } from './pipeline-options.error.js';
import type { LimiterOptions } from './limiter.js';
import type {
  OperationLimits,
  ResolvedBreakerOptions,
  ResolvedPipelineOptions,
  ResolvedRetryOptions,
} from './resolve-options.js';

/** @throws {@link PipelineOptionsError} when a limit makes no sense or two contradict each other */
export function validateLimits({ tryTimeoutMs, totalTimeoutMs, maxTries }: OperationLimits): void {
  if (tryTimeoutMs !== false) requirePositive('tryTimeoutMs', tryTimeoutMs);
  if (totalTimeoutMs !== false) requirePositive('totalTimeoutMs', totalTimeoutMs);
  if (tryTimeoutMs !== false && totalTimeoutMs !== false && totalTimeoutMs < tryTimeoutMs) {
    const allowed = `at least tryTimeoutMs (${tryTimeoutMs})`;
    throw new PipelineOptionsError('totalTimeoutMs', totalTimeoutMs, allowed);
  }
  requireCount('maxTries', maxTries);
}

/** @throws {@link PipelineOptionsError} when a value makes no sense or two contradict each other */
export function validateOptions(options: ResolvedPipelineOptions): void {
  const { tryTimeoutMs, totalTimeoutMs, retry, breaker, limiter } = options;
  validateLimits({ tryTimeoutMs, totalTimeoutMs, maxTries: retry.maxTries });
  validateRetry(retry);
  if (breaker !== false) validateBreaker(breaker, tryTimeoutMs);
  if (limiter !== false) validateLimiter(limiter);
}

function validateRetry({ budget, ...retry }: ResolvedRetryOptions): void {
  requirePositive('retry.baseDelayMs', retry.baseDelayMs);
  requirePositive('retry.throttledBaseDelayMs', retry.throttledBaseDelayMs);
  requirePositive('retry.maxDelayMs', retry.maxDelayMs);
  if (budget === false) return;
  requireFromZero('retry.budget.minimumRetries', budget.minimumRetries, 'a number');
  requireShare('retry.budget.share', budget.share);
  requirePositive('retry.budget.windowMs', budget.windowMs);
}

function validateBreaker(breaker: ResolvedBreakerOptions, tryTimeoutMs: number | false): void {
  const { windowMs, slowCallMs } = breaker;
  requireShare('breaker.failureRatio', breaker.failureRatio);
  requireShare('breaker.slowCallRatio', breaker.slowCallRatio);
  requireCount('breaker.minimumCalls', breaker.minimumCalls);
  requireCount('breaker.consecutiveFailures', breaker.consecutiveFailures);
  requireCount('breaker.halfOpenPermits', breaker.halfOpenPermits);
  requirePositive('breaker.windowMs', windowMs);
  requirePositive('breaker.openMs', breaker.openMs);
  if (slowCallMs !== Infinity) requirePositive('breaker.slowCallMs', slowCallMs);
  const milliseconds = 'a number of milliseconds';
  requireFromZero('breaker.consecutiveSpanMs', breaker.consecutiveSpanMs, milliseconds);
  if (tryTimeoutMs !== false && windowMs < 2 * tryTimeoutMs) {
    const allowed = `at least 2 × tryTimeoutMs (${2 * tryTimeoutMs})`;
    throw new PipelineOptionsError('breaker.windowMs', windowMs, allowed);
  }
}

function validateLimiter(limiter: Required<LimiterOptions>): void {
  requireCount('limiter.maxConcurrent', limiter.maxConcurrent);
  requireFromZero('limiter.maxQueue', limiter.maxQueue, 'a number');
  requireFromZero('limiter.maxWaitMs', limiter.maxWaitMs, 'a number of milliseconds');
}

function requireFromZero(name: string, value: number, what: string): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new PipelineOptionsError(name, value, `${what} from 0`);
}

function requireShare(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0 && value <= 1) return;
  throw new PipelineOptionsError(name, value, 'a share in (0, 1]');
}

function requirePositive(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new PipelineOptionsError(name, value, 'a number of milliseconds above 0');
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new PipelineOptionsError(name, value, 'a whole number from 1');
}
