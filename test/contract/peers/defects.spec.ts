import { Logger } from '@nestjs/common';
import {
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  ConstantBackoff,
  handleAll,
  handleWhen,
  retry,
  SamplingBreaker,
} from 'cockatiel';
import { NoopRecorder } from 'nestjs-mainstay/resilience';
import OpossumBreaker from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Guarded, RESET } from './guarded.js';

const HOUR_MS = 3_600_000;

function fail(): Promise<never> {
  return Promise.reject(RESET);
}

/** Executes work that ends as it likes. */
async function tolerate(call: Promise<unknown>): Promise<void> {
  await Promise.allSettled([call]);
}

/** How a promise has ended by now. */
function watch(call: Promise<unknown>): { ending: string } {
  const seen = { ending: 'pending' };
  call.then(
    () => (seen.ending = 'served'),
    (error: unknown) => (seen.ending = String((error as { code?: unknown }).code ?? error)),
  );
  return seen;
}

/** Each test shows the defect in the peer first: the course of events is one that brings it out. */
describe('defects of the peers that are none of ours', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
      now: 0,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  describe('resilience rule 17: a listener that throws makes a call that succeeded run again', () => {
    const defect = (): never => {
      throw new Error('A defect in the metrics');
    };

    it('in cockatiel', async () => {
      const work = vi.fn<() => Promise<string>>(() => Promise.resolve('value'));
      const policy = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(1) });
      policy.onSuccess(defect);
      const seen = watch(policy.execute(work));
      await vi.advanceTimersByTimeAsync(100);
      expect(work).toHaveBeenCalledTimes(3);
      expect(seen.ending).toContain('A defect in the metrics');
    });

    it('not in ours', async () => {
      vi.spyOn(Logger.prototype, 'error').mockReturnValue();
      const noop = new NoopRecorder().bind('peer', 'call');
      const recorder = { ...noop, status: () => noop.status(), recordTry: defect };
      for (const name of ['recordAttempt', 'recordSuccess', 'recordOutcome'] as const) {
        Object.assign(recorder, { [name]: defect });
      }
      const work = vi.fn<() => Promise<string>>(() => Promise.resolve('value'));
      const guarded = new Guarded({ retry: { maxTries: 3, baseDelayMs: 1 } }, recorder);
      const seen = watch(guarded.run(work));
      await guarded.clock.advance(100);
      expect(work).toHaveBeenCalledTimes(1);
      expect(seen.ending).toBe('served');
    });
  });

  describe('resilience rule 7: a call that was aborted while it waited is executed again', () => {
    it('in cockatiel', async () => {
      const work = vi.fn<() => Promise<never>>(fail);
      const controller = new AbortController();
      const policy = retry(handleAll, { maxAttempts: 5, backoff: new ConstantBackoff(1_000) });
      const seen = watch(policy.execute(work, controller.signal));
      await vi.advanceTimersByTimeAsync(500);
      controller.abort();
      await vi.advanceTimersByTimeAsync(0);
      expect(seen.ending).toBe('pending');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(work).toHaveBeenCalledTimes(2);
    });

    it('not in ours', async () => {
      const work = vi.fn<() => Promise<never>>(fail);
      const controller = new AbortController();
      const guarded = new Guarded({ retry: { maxTries: 6, baseDelayMs: 2_000 } });
      vi.spyOn(guarded.clock, 'random').mockReturnValue(0.5);
      const seen = watch(guarded.run(work, { signal: controller.signal }));
      await guarded.clock.advance(500);
      controller.abort();
      await guarded.clock.advance(0);
      expect(seen.ending).toBe('OPERATION_CANCELLED');
      await guarded.clock.advance(10_000);
      expect(work).toHaveBeenCalledTimes(1);
    });
  });

  describe('resilience rule 8: failures that are an hour old open the breaker at one that is new', () => {
    it('in cockatiel', async () => {
      const breaker = new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 });
      const policy = circuitBreaker(handleAll, { halfOpenAfter: 5_000, breaker });
      for (let i = 0; i < 9; i++) await tolerate(policy.execute(fail));
      vi.advanceTimersByTime(HOUR_MS);
      await tolerate(policy.execute(fail));
      expect(policy.state).toBe(CircuitState.Open);
    });

    it('not in ours', async () => {
      const options = { minimumCalls: 10, failureRatio: 0.5, windowMs: 10_000 };
      const guarded = new Guarded({ breaker: { ...options, consecutiveFailures: 100 } });
      for (let i = 0; i < 9; i++) await tolerate(guarded.run(fail));
      await guarded.clock.advance(HOUR_MS);
      await tolerate(guarded.run(fail));
      expect(guarded.pipeline.breaker?.state).toBe('closed');
      for (let i = 0; i < 9; i++) await tolerate(guarded.run(fail));
      expect(guarded.pipeline.breaker?.state).toBe('open');
    });
  });

  describe('resilience rule 13: an unknown error while half-open closes the breaker', () => {
    const bug = (): Promise<never> => Promise.reject(new TypeError('x is not a function'));

    it('in cockatiel', async () => {
      const known = handleWhen((error) => error === RESET);
      const breaker = new ConsecutiveBreaker(2);
      const policy = circuitBreaker(known, { halfOpenAfter: 1_000, breaker });
      for (let i = 0; i < 2; i++) await tolerate(policy.execute(fail));
      expect(policy.state).toBe(CircuitState.Open);
      vi.advanceTimersByTime(1_000);
      await tolerate(policy.execute(bug));
      expect(policy.state).toBe(CircuitState.Closed);
    });

    it('not in ours', async () => {
      vi.spyOn(Logger.prototype, 'error').mockReturnValue();
      const guarded = new Guarded({ breaker: { consecutiveFailures: 2, consecutiveSpanMs: 0 } });
      for (let i = 0; i < 2; i++) await tolerate(guarded.run(fail));
      expect(guarded.pipeline.breaker?.state).toBe('open');
      await guarded.clock.advance(6_000);
      await tolerate(guarded.run(bug));
      expect(guarded.pipeline.breaker?.state).toBe('half-open');
    });
  });

  describe('resilience rule 9: callers hang behind a probe that hangs', () => {
    const hang = (): Promise<never> => new Promise(() => undefined);

    it('in cockatiel', async () => {
      const breaker = new ConsecutiveBreaker(2);
      const policy = circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker });
      for (let i = 0; i < 2; i++) await tolerate(policy.execute(fail));
      vi.advanceTimersByTime(1_000);
      void policy.execute(hang);
      const callers = Array.from({ length: 50 }, () => watch(policy.execute(fail)));
      await vi.advanceTimersByTimeAsync(HOUR_MS);
      expect(new Set(callers.map(({ ending }) => ending))).toEqual(new Set(['pending']));
    });

    it('not in ours', async () => {
      const breaker = { consecutiveFailures: 2, consecutiveSpanMs: 0, halfOpenPermits: 1 };
      const guarded = new Guarded({ breaker });
      for (let i = 0; i < 2; i++) await tolerate(guarded.run(fail));
      await guarded.clock.advance(6_000);
      void guarded.run(hang);
      const callers = Array.from({ length: 50 }, () => watch(guarded.run(fail)));
      await guarded.clock.advance(0);
      expect(new Set(callers.map(({ ending }) => ending))).toEqual(new Set(['CIRCUIT_OPEN']));
      await expect(guarded.run(fail)).rejects.toMatchObject({
        retryAfterMs: expect.any(Number) as unknown,
      });
    });
  });

  describe('resilience rule 15: a call that timed out makes room although its work goes on', () => {
    /** Work that hangs, and how often it was started. */
    const hanging = () => vi.fn<() => Promise<never>>(() => new Promise(() => undefined));

    it('in opossum', async () => {
      const work = hanging();
      const options = { timeout: 1_000, capacity: 1, volumeThreshold: 100 };
      const breaker = new OpossumBreaker(work, options);
      const seen = watch(breaker.fire());
      await vi.advanceTimersByTimeAsync(1_000);
      expect(seen.ending).toBe('ETIMEDOUT');
      watch(breaker.fire());
      expect(work).toHaveBeenCalledTimes(2);
      breaker.shutdown();
    });

    it('not in ours', async () => {
      const work = hanging();
      const limiter = { maxConcurrent: 1, maxQueue: 0 };
      const guarded = new Guarded({ tryTimeoutMs: 1_000, breaker: false, limiter });
      const seen = watch(guarded.run(work));
      await guarded.clock.advance(1_000);
      expect(seen.ending).toBe('OPERATION_TIMEOUT');
      const next = watch(guarded.run(work));
      await guarded.clock.advance(1_999);
      expect(next.ending).toBe('LIMITER_FULL');
      expect(work).toHaveBeenCalledTimes(1);
      await guarded.clock.advance(1);
      watch(guarded.run(work));
      expect(work).toHaveBeenCalledTimes(2);
    });
  });
});
