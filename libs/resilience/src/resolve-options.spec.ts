import { describe, expect, it } from 'vitest';
import type { PipelineOptions } from './resilience.options.js';
import {
  resolveFallbacks,
  resolveOperationLimits,
  resolvePipelineOptions,
} from './resolve-options.js';

describe('resolvePipelineOptions', () => {
  it('resilience rules 3, 4, 6, 8, 15: has the documented defaults', () => {
    expect(resolvePipelineOptions()).toEqual({
      tryTimeoutMs: 10_000,
      totalTimeoutMs: 30_000,
      retry: {
        maxTries: 3,
        baseDelayMs: 50,
        throttledBaseDelayMs: 1_000,
        maxDelayMs: 20_000,
        budget: { minimumRetries: 3, share: 0.1, windowMs: 10_000 },
      },
      breaker: {
        failureRatio: 0.5,
        minimumCalls: 10,
        windowMs: 20_000,
        consecutiveFailures: 5,
        consecutiveSpanMs: 1_000,
        openMs: 5_000,
        halfOpenPermits: 3,
        opensOnRefused: false,
        slowCallMs: Infinity,
        slowCallRatio: 0.5,
      },
      limiter: { maxConcurrent: 100, maxQueue: 100, maxWaitMs: 1_000 },
      policies: [],
      chaos: undefined,
      rules: [],
    });
  });

  it('resilience rule 8: the window is 10 s where 2 × the try timeout is less', () => {
    expect(resolvePipelineOptions({ tryTimeoutMs: 250 }).breaker).toMatchObject({
      windowMs: 10_000,
    });
  });

  it('switches concerns off', () => {
    const resolved = resolvePipelineOptions({
      retry: false,
      breaker: false,
      tryTimeoutMs: false,
      totalTimeoutMs: false,
    });
    expect(resolved).toMatchObject({ tryTimeoutMs: false, totalTimeoutMs: false, breaker: false });
    expect(resolved.retry.maxTries).toBe(1);
  });

  it.each<[string, PipelineOptions]>([
    ['totalTimeoutMs', { tryTimeoutMs: 2_000, totalTimeoutMs: 1_000 }],
    ['tryTimeoutMs', { tryTimeoutMs: 0 }],
    ['tryTimeoutMs', { tryTimeoutMs: Number.NaN }],
    ['totalTimeoutMs', { totalTimeoutMs: -1 }],
    ['totalTimeoutMs', { totalTimeoutMs: Infinity }],
    ['maxTries', { retry: { maxTries: 0 } }],
    ['maxTries', { retry: { maxTries: 1.5 } }],
    ['maxTries', { retry: { maxTries: Infinity } }],
    ['retry.baseDelayMs', { retry: { baseDelayMs: -5 } }],
    ['retry.throttledBaseDelayMs', { retry: { throttledBaseDelayMs: Number.NaN } }],
    ['retry.maxDelayMs', { retry: { maxDelayMs: 0 } }],
    ['breaker.failureRatio', { breaker: { failureRatio: 0 } }],
    ['breaker.failureRatio', { breaker: { failureRatio: 50 } }],
    ['breaker.failureRatio', { breaker: { failureRatio: '0.5' as unknown as number } }],
    ['breaker.minimumCalls', { breaker: { minimumCalls: 0 } }],
    ['breaker.consecutiveFailures', { breaker: { consecutiveFailures: -1 } }],
    ['breaker.consecutiveSpanMs', { breaker: { consecutiveSpanMs: Number.NaN } }],
    ['breaker.halfOpenPermits', { breaker: { halfOpenPermits: 0.5 } }],
    ['breaker.openMs', { breaker: { openMs: 0 } }],
    ['breaker.windowMs', { breaker: { windowMs: 19_999 } }],
    ['breaker.windowMs', { tryTimeoutMs: false, breaker: { windowMs: 0 } }],
    ['breaker.slowCallMs', { breaker: { slowCallMs: 0 } }],
    ['breaker.slowCallMs', { breaker: { slowCallMs: Number.NaN } }],
    ['breaker.slowCallRatio', { breaker: { slowCallRatio: 1.1 } }],
    ['retry.budget.minimumRetries', { retry: { budget: { minimumRetries: -1 } } }],
    ['retry.budget.share', { retry: { budget: { share: 10 } } }],
    ['retry.budget.windowMs', { retry: { budget: { windowMs: 0 } } }],
    ['limiter.maxConcurrent', { limiter: { maxConcurrent: 0 } }],
    ['limiter.maxQueue', { limiter: { maxQueue: -1 } }],
    ['limiter.maxQueue', { limiter: { maxQueue: Infinity } }],
    ['limiter.maxWaitMs', { limiter: { maxWaitMs: Infinity } }],
  ])('resilience rule 6: refuses at start: %s in %j', (option, options) => {
    expect(() => resolvePipelineOptions(options)).toThrow(
      expect.objectContaining({
        code: 'PIPELINE_OPTIONS_INVALID',
        message: expect.stringContaining(`The resilience option ${option} is `),
      }),
    );
  });
});

describe('resolveFallbacks', () => {
  const one = (): string => 'a';

  it('takes none, one or up to three', () => {
    expect(resolveFallbacks(undefined)).toEqual([]);
    expect(resolveFallbacks(one)).toEqual([one]);
    expect(resolveFallbacks([one, one, one])).toHaveLength(3);
  });

  it('resilience rule 14: refuses a fourth one', () => {
    expect(() => resolveFallbacks([one, one, one, one])).toThrow(/fallback is 4; it must be/);
  });
});

describe('resolveOperationLimits', () => {
  const pipeline = resolvePipelineOptions({ tryTimeoutMs: 1_000, totalTimeoutMs: 3_000 });

  it("takes the pipeline's where an operation has none of its own", () => {
    expect(resolveOperationLimits({}, pipeline)).toEqual({
      tryTimeoutMs: 1_000,
      totalTimeoutMs: 3_000,
      maxTries: 3,
    });
  });

  it('lets the other deadline follow where an operation has one of its own', () => {
    expect(resolveOperationLimits({ tryTimeoutMs: 9_000 }, pipeline).totalTimeoutMs).toBe(9_000);
    expect(resolveOperationLimits({ totalTimeoutMs: 500 }, pipeline).tryTimeoutMs).toBe(500);
  });

  it('keeps a deadline that is switched off', () => {
    const limits = resolveOperationLimits({ tryTimeoutMs: 9_000, totalTimeoutMs: false }, pipeline);
    expect(limits).toEqual({ tryTimeoutMs: 9_000, totalTimeoutMs: false, maxTries: 3 });
  });

  it.each([
    { tryTimeoutMs: 2_000, totalTimeoutMs: 1_000 },
    { tryTimeoutMs: 0 },
    { totalTimeoutMs: -1 },
    { maxTries: 0 },
  ])('refuses limits that make no sense: %j', (own) => {
    expect(() => resolveOperationLimits(own, pipeline)).toThrow(/must be/);
  });
});
