import { Logger } from '@nestjs/common';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CallOptions, OperationContext, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** A pipeline on a fake clock with one operation `cache.get`, and what was recorded of it. */
function setUp<R = string>(
  pipelineOptions: PipelineOptions = {},
  options: OperationOptions<string, R> = {},
) {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const pipeline = new ResiliencePipeline('cache', pipelineOptions, clock);
  const operation = pipeline.bind(
    'get',
    { idempotent: true, ...options },
    recorded.bind('cache', 'get'),
  );
  const run = (work: Work<string, R>, call?: CallOptions): Promise<R> =>
    pipeline.run(operation, work, 'key', call);
  return { clock, recorded, pipeline, run };
}

/** Work that throws these errors one after the other, then gives `'value'`. */
function failingWith(...errors: readonly unknown[]) {
  const left = [...errors];
  return vi.fn<(key: string, context: OperationContext) => Promise<string>>(() =>
    left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve('value'),
  );
}

/** Work that never ends. */
function hanging() {
  return vi.fn<(key: string, context: OperationContext) => Promise<never>>(
    () => new Promise<never>(() => undefined),
  );
}

/** A listener that is gone when the test ends. */
function watchUnhandledRejections() {
  const listener = vi.fn<(reason: unknown) => void>();
  process.on('unhandledRejection', listener);
  onTestFinished(() => void process.off('unhandledRejection', listener));
  return listener;
}

/** The outcome of a promise that a fake clock has to drive. */
function settle<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  return Promise.allSettled([promise]).then(([result]) => result);
}

/** Calls share the timer of their timeouts, which is gone 10 ms after the last one. */
async function expectNoTimer(clock: FakeClock): Promise<void> {
  await clock.advance(10);
  expect(clock.pending.all).toBe(0);
}

describe('ResiliencePipeline', () => {
  afterEach(() => vi.restoreAllMocks());

  describe('an error that cannot be read', () => {
    const refuse = (): never => {
      throw new Error('a getter that throws');
    };
    const withThrowing = (property: string): Error =>
      Object.defineProperty(new Error('hostile'), property, { get: refuse });

    it.each<[string, unknown]>([
      ...['name', 'message', 'stack', 'code', 'cause', 'classification', 'status'].map(
        (property): [string, unknown] => [`its ${property}`, withThrowing(property)],
      ),
      ['a proxy', new Proxy(new Error('x'), { get: refuse, has: refuse, getPrototypeOf: refuse })],
    ])('resilience rule 13: is rethrown as it is and recorded: %s', async (_what, hostile) => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { run, recorded } = setUp();
      const [result] = await Promise.allSettled([run(failingWith(hostile))]);
      expect(result.status).toBe('rejected');
      expect(Object.is((result as PromiseRejectedResult).reason, hostile)).toBe(true);
      expect(recorded.calls).toHaveLength(2);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 1');
    });

    it('resilience rule 14: gets the error of its fallback only if it can', async () => {
      const hostile = new Proxy(RESET, { defineProperty: refuse });
      const fallback = (): Promise<string> => Promise.reject(new Error('the fallback failed'));
      const { run, clock } = setUp({}, { fallback });
      const result = settle(run(failingWith(hostile, hostile, hostile)));
      await clock.advance(1_000);
      const { reason } = (await result) as PromiseRejectedResult;
      expect(Object.is(reason, hostile)).toBe(true);
    });
  });

  describe('a call that succeeds', () => {
    it('gives the value, after one try and with no word about recovery', async () => {
      const { recorded, run } = setUp();
      expect(await run(async (key) => `value of ${key}`)).toBe('value of key');
      expect(recorded.calls).toEqual(['cache.get try passed']);
    });

    it('takes a synchronous result as it is', async () => {
      const { clock, run } = setUp();
      expect(await run(() => 'value')).toBe('value');
      expect(clock.pending.all).toBe(0);
    });

    it('resilience rule 21: leaves no timer and no listener behind', async () => {
      const { clock, run } = setUp();
      const controller = new AbortController();
      const removed = vi.spyOn(controller.signal, 'removeEventListener');
      const added = vi.spyOn(controller.signal, 'addEventListener');
      await run(async () => 'value', { signal: controller.signal });
      await expectNoTimer(clock);
      expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    });

    it('resilience rule 21: nor does one that was retried', async () => {
      const { clock, run } = setUp();
      const { signal } = new AbortController();
      const removed = vi.spyOn(signal, 'removeEventListener');
      const added = vi.spyOn(signal, 'addEventListener');
      const result = run(failingWith(RESET, RESET), { signal });
      await clock.advance(1_000);
      await result;
      expect(added.mock.calls.length).toBeGreaterThan(2);
      expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
      await expectNoTimer(clock);
    });

    it('resilience rule 21: calls with one signal share one listener on it', async () => {
      const { run } = setUp({ limiter: false });
      const controller = new AbortController();
      const added = vi.spyOn(controller.signal, 'addEventListener');
      const work = hanging();
      const results = Array.from({ length: 1_000 }, () =>
        settle(run(work, { signal: controller.signal })),
      );
      expect(added).toHaveBeenCalledTimes(1);
      controller.abort();
      const settled = await Promise.all(results);
      expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    });

    it('tells the work which try of which operation it is', async () => {
      const { clock, run } = setUp();
      const work = failingWith(RESET);
      const result = run(work);
      await clock.advance(50);
      await result;
      const contexts = work.mock.calls.map(([, { resource, operation, tryNumber }]) => [
        resource,
        operation,
        tryNumber,
      ]);
      expect(contexts).toEqual([
        ['cache', 'get', 1],
        ['cache', 'get', 2],
      ]);
    });
  });

  describe('retry', () => {
    it('resilience rule 3: recovers at the second try', async () => {
      const { clock, recorded, run } = setUp();
      const result = run(failingWith(RESET));
      await clock.advance(25);
      expect(await result).toBe('value');
      expect(recorded.calls).toEqual([
        'cache.get try failed ECONNRESET',
        'cache.get try passed',
        'cache.get outcome recovered after 2',
      ]);
    });

    it('resilience rule 3: ends after 3 tries with the last error', async () => {
      const { clock, recorded, run } = setUp();
      const last = Object.assign(new Error('the third'), { code: 'ECONNRESET' });
      const work = failingWith(RESET, RESET, last);
      const result = settle(run(work));
      await clock.advance(1_000);
      expect(await result).toEqual({ status: 'rejected', reason: last });
      expect(work).toHaveBeenCalledTimes(3);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome retry-failed after 3');
    });

    it('resilience rule 3: waits with full jitter, twice as long each time', async () => {
      const { clock, run } = setUp();
      clock.randoms.push(0.8, 0.4);
      const work = failingWith(RESET, RESET);
      const result = run(work);
      await clock.advance(39);
      expect(work).toHaveBeenCalledTimes(1);
      await clock.advance(1);
      expect(work).toHaveBeenCalledTimes(2);
      await clock.advance(39);
      expect(work).toHaveBeenCalledTimes(2);
      await clock.advance(1);
      await result;
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('resilience rule 2: what is not idempotent is not executed again after it may have been sent', async () => {
      const { recorded, run } = setUp({}, { idempotent: false });
      const work = failingWith(RESET);
      await expect(run(work)).rejects.toBe(RESET);
      expect(work).toHaveBeenCalledTimes(1);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 1');
    });

    it('resilience rule 2: what is not idempotent is retried when nothing was sent', async () => {
      const { clock, run } = setUp({}, { idempotent: false });
      const result = run(failingWith(REFUSED));
      await clock.advance(50);
      expect(await result).toBe('value');
    });

    it('resilience rule 2: and no further once something may have been sent', async () => {
      const { clock, run } = setUp({}, { idempotent: false });
      const work = failingWith(REFUSED, RESET);
      const result = settle(run(work));
      await clock.advance(1_000);
      expect(await result).toMatchObject({ reason: RESET });
      expect(work).toHaveBeenCalledTimes(2);
    });

    it('resilience rule 12: a permanent error is not retried', async () => {
      const { recorded, run } = setUp();
      const error = Object.assign(new Error('x'), { code: 'ENOENT' });
      const work = failingWith(error);
      await expect(run(work)).rejects.toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 1');
    });

    it('an error that says that retrying would not help is not retried', async () => {
      const { run } = setUp();
      const work = failingWith(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      await expect(run(work)).rejects.toThrow('full');
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('switched off, nothing is retried and nothing calls itself a failed retry', async () => {
      const { recorded, run } = setUp({ retry: false });
      await expect(run(failingWith(RESET))).rejects.toBe(RESET);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 1');
    });

    it('an operation may have its own number of tries', async () => {
      const { clock, run } = setUp({ retry: { budget: false } }, { maxTries: 5 });
      const work = failingWith(RESET, RESET, RESET, RESET);
      const result = run(work);
      await clock.advance(1_000);
      expect(await result).toBe('value');
      expect(work).toHaveBeenCalledTimes(5);
    });

    it('resilience rule 3: a wait that would pass the deadline ends the retrying at once', async () => {
      const { clock, run } = setUp({ tryTimeoutMs: 100, totalTimeoutMs: 110 });
      clock.randoms.push(0.9);
      const work = vi.fn<() => Promise<string>>(async () => {
        await clock.sleep(80);
        throw RESET;
      });
      const result = settle(run(work));
      await clock.advance(80);
      expect(await result).toMatchObject({ reason: RESET });
      expect(clock.now()).toBe(80);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('resilience rule 11: is not begun while the breaker is open', async () => {
      const { run, pipeline } = setUp({ breaker: { minimumCalls: 1 } });
      const work = failingWith(RESET);
      await expect(run(work)).rejects.toBe(RESET);
      expect(pipeline.breaker?.state).toBe('open');
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('resilience rule 11: a back-off in progress is cut when the breaker opens', async () => {
      const { clock, run, pipeline, recorded } = setUp();
      const work = failingWith(RESET, RESET, RESET);
      const result = settle(run(work));
      await clock.settle();
      const waiting = clock.pending.foreground;
      pipeline.breaker?.isolate();
      expect(clock.pending.foreground).toBe(waiting - 1);
      expect(await result).toMatchObject({ reason: RESET });
      await expectNoTimer(clock);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome retry-failed after 1 (circuit-open)');
    });

    it('resilience rule 20: a back-off in progress is cut by the shutdown', async () => {
      const { clock, run, pipeline } = setUp();
      const result = settle(run(failingWith(RESET, RESET, RESET)));
      await clock.settle();
      pipeline.shutdown();
      expect(await result).toMatchObject({ reason: RESET });
      await expectNoTimer(clock);
    });

    it('resilience rule 20: no retry begins after the shutdown', async () => {
      const { run, pipeline, recorded } = setUp();
      pipeline.shutdown();
      const work = failingWith(RESET);
      await expect(run(work)).rejects.toBe(RESET);
      expect(work).toHaveBeenCalledTimes(1);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome retry-failed after 1 (shutdown)');
      expect(pipeline.status().budget).toMatchObject({ retries: 0 });
    });
  });

  describe('timeouts', () => {
    it('resilience rule 6: a try that takes too long fails, its signal is aborted', async () => {
      const { clock, run, recorded } = setUp({
        tryTimeoutMs: 250,
        totalTimeoutMs: 1_000,
        retry: false,
      });
      let signal: AbortSignal | undefined;
      const result = settle(
        run((_key, context) => {
          signal = context.signal;
          return new Promise<never>(() => undefined);
        }),
      );
      await clock.advance(250);
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      expect(signal?.reason).toMatchObject({ code: 'OPERATION_TIMEOUT' });
      expect(recorded.calls[0]).toBe('cache.get try failed OPERATION_TIMEOUT');
    });

    it('resilience rule 6: the whole call with its retries ends at the total deadline', async () => {
      const { clock, run } = setUp({ tryTimeoutMs: 400, totalTimeoutMs: 1_000, breaker: false });
      const work = hanging();
      const result = settle(run(work));
      await clock.advance(1_000);
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      expect(work).toHaveBeenCalledTimes(3);
      await clock.advance(2 * 400);
      expect(clock.pending.all).toBe(0);
    });

    it("resilience rule 6: the caller's deadline caps both", async () => {
      const { clock, run } = setUp();
      const work = hanging();
      const result = settle(run(work, { deadline: 70 }));
      await clock.advance(70);
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      expect(work).toHaveBeenCalledTimes(1);
    });

    it("resilience rule 7: the caller's own short deadline says nothing about the dependency", async () => {
      const breaker = { minimumCalls: 3, consecutiveSpanMs: 0, consecutiveFailures: 3 };
      const { clock, recorded, run, pipeline } = setUp({
        tryTimeoutMs: 100,
        retry: false,
        breaker,
      });
      for (let call = 0; call < 5; call++) {
        const result = settle(run(hanging(), { deadline: clock.now() + 5 }));
        await clock.advance(5);
        expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      }
      expect(recorded.of('cache.get try failed OPERATION_TIMEOUT')).toHaveLength(5);
      expect(pipeline.breaker?.state).toBe('closed');
      for (let call = 0; call < 3; call++) {
        const result = settle(run(hanging(), { deadline: clock.now() + 1_000 }));
        await clock.advance(100);
        expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      }
      expect(pipeline.breaker?.state).toBe('open');
    });

    it('resilience rule 9: half-open, it gives the permit back', async () => {
      const { clock, run, pipeline } = setUp({ breaker: { minimumCalls: 1, halfOpenPermits: 1 } });
      await expect(run(failingWith(RESET, RESET, RESET))).rejects.toBe(RESET);
      await clock.advance(10_000);
      const result = settle(run(hanging(), { deadline: clock.now() + 5 }));
      await clock.advance(5);
      await result;
      expect(pipeline.breaker?.state).toBe('half-open');
      await expect(run(failingWith())).resolves.toBe('value');
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('resilience rule 6: with a deadline that is over, nothing is executed', async () => {
      const { clock, run } = setUp();
      await clock.advance(100);
      const work = failingWith();
      await expect(run(work, { deadline: 100 })).rejects.toMatchObject({
        code: 'OPERATION_TIMEOUT',
      });
      expect(work).not.toHaveBeenCalled();
    });

    it('switched off, a call waits for as long as its work takes', async () => {
      const { clock, run } = setUp({ tryTimeoutMs: false, totalTimeoutMs: false });
      const result = run(async () => {
        await clock.sleep(3_600_000);
        return 'value';
      });
      await clock.advance(3_600_000);
      expect(await result).toBe('value');
    });

    it('resilience rule 7: the late rejection of work that timed out is handled', async () => {
      const unhandled = watchUnhandledRejections();
      const { clock, run } = setUp({ tryTimeoutMs: 100, retry: false });
      const result = settle(
        run(async () => {
          await clock.sleep(500);
          throw new Error('too late');
        }),
      );
      await clock.advance(1_000);
      await clock.settle();
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      expect(unhandled).not.toHaveBeenCalled();
    });

    it('resilience rule 7: the signal costs nothing until it is read, and is aborted when it is read late', async () => {
      const { clock, run } = setUp({ tryTimeoutMs: 100, retry: false });
      let late: OperationContext | undefined;
      const result = settle(
        run((_key, context) => {
          late = context;
          return new Promise<never>(() => undefined);
        }),
      );
      await clock.advance(100);
      await result;
      expect(late?.signal.aborted).toBe(true);
    });
  });

  describe("the caller's abort", () => {
    it('resilience rule 7: is checked before the first try', async () => {
      const { run, recorded } = setUp();
      const work = failingWith();
      const signal = AbortSignal.abort(new Error('not needed'));
      await expect(run(work, { signal })).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
        cause: { message: 'not needed' },
      });
      expect(work).not.toHaveBeenCalled();
      expect(recorded.calls).toEqual(['cache.get outcome cancelled after 0']);
    });

    it('resilience rule 7: ends a try at once and aborts its signal', async () => {
      const { clock, run, recorded, pipeline } = setUp({ breaker: { minimumCalls: 1 } });
      const controller = new AbortController();
      const work = hanging();
      const result = settle(run(work, { signal: controller.signal }));
      await clock.settle();
      controller.abort();
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_CANCELLED' } });
      expect(work.mock.calls[0]?.[1].signal.aborted).toBe(true);
      expect(pipeline.breaker?.state).toBe('closed');
      expect(recorded.calls).toEqual([
        'cache.get try failed OPERATION_CANCELLED',
        'cache.get outcome cancelled after 1',
      ]);
    });

    it('resilience rule 7: cuts a back-off at once', async () => {
      const { clock, run } = setUp();
      const controller = new AbortController();
      const work = failingWith(RESET);
      const result = settle(run(work, { signal: controller.signal }));
      await clock.settle();
      controller.abort();
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_CANCELLED' } });
      expect(work).toHaveBeenCalledTimes(1);
      await expectNoTimer(clock);
    });

    it('counts also when the work itself brings it about', async () => {
      const { run } = setUp({ tryTimeoutMs: false, totalTimeoutMs: false });
      const controller = new AbortController();
      const result = run(
        () => {
          controller.abort();
          return new Promise<never>(() => undefined);
        },
        { signal: controller.signal },
      );
      await expect(result).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    });

    it('ends a fallback, too', async () => {
      const fallback = (): Promise<string> => new Promise(() => undefined);
      const { clock, run } = setUp({ retry: false }, { fallback });
      const controller = new AbortController();
      const result = settle(run(failingWith(RESET), { signal: controller.signal }));
      await clock.settle();
      controller.abort();
      expect(await result).toMatchObject({ status: 'rejected' });
      await expectNoTimer(clock);
    });
  });

  describe('fallback', () => {
    it('resilience rule 14: gets the error and the argument; its result is the result', async () => {
      const fallback = vi.fn<() => string>(() => 'an older value');
      const { run, recorded } = setUp({ retry: false }, { fallback });
      expect(await run(failingWith(RESET))).toBe('an older value');
      expect(fallback).toHaveBeenCalledWith(RESET, 'key');
      expect(recorded.calls).toEqual([
        'cache.get try failed ECONNRESET',
        'cache.get fallback answered',
        'cache.get outcome using-fallback after 1',
      ]);
    });

    it('resilience rule 14: comes after the retries', async () => {
      const { clock, run } = setUp({}, { fallback: () => 'an older value' });
      const work = failingWith(RESET, RESET, RESET);
      const result = run(work);
      await clock.advance(1_000);
      expect(await result).toBe('an older value');
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('resilience rule 14: also for a call that the breaker rejects', async () => {
      const { run, pipeline, recorded } = setUp({}, { fallback: () => 'an older value' });
      pipeline.breaker?.isolate();
      const work = failingWith();
      expect(await run(work)).toBe('an older value');
      expect(work).not.toHaveBeenCalled();
      expect(recorded.calls).toEqual([
        'cache.get fallback answered',
        'cache.get outcome using-fallback after 0',
      ]);
    });

    it.each([
      ['a permanent error', Object.assign(new Error('x'), { code: 'ENOENT' })],
      ['an unknown error', new TypeError('x')],
    ])('resilience rule 14: not for %s', async (_what, error) => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const fallback = vi.fn<() => string>(() => 'an older value');
      const { run } = setUp({}, { fallback });
      await expect(run(failingWith(error))).rejects.toBe(error);
      expect(fallback).not.toHaveBeenCalled();
    });

    it('resilience rule 14: a failing one throws the original, with its own error attached', async () => {
      const fallback = (): string => {
        throw new Error('no older value');
      };
      const { run, recorded } = setUp({ retry: false }, { fallback });
      const original = Object.assign(new Error('x'), { code: 'ECONNRESET' });
      await expect(run(failingWith(original))).rejects.toBe(original);
      expect(original).toMatchObject({
        [Symbol.for('nestjs-mainstay.fallback-error')]: { message: 'no older value' },
      });
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 1');
    });

    it("resilience rule 14: takes one try timeout where the caller has no deadline, also when the call's own is over", async () => {
      const fallback = vi.fn<() => Promise<string>>(async () => {
        await clock.sleep(90);
        return 'an older value';
      });
      const { clock, run } = setUp({ tryTimeoutMs: 100, totalTimeoutMs: 100 }, { fallback });
      const result = run(hanging());
      await clock.advance(190);
      expect(await result).toBe('an older value');
    });

    it('resilience rule 14: is given up after one try timeout', async () => {
      const fallback = (): Promise<string> => new Promise(() => undefined);
      const { clock, run } = setUp({ tryTimeoutMs: 100, retry: false }, { fallback });
      const result = settle(run(failingWith(RESET)));
      await clock.advance(100);
      expect(await result).toMatchObject({ reason: RESET });
      expect(clock.pending.all).toBe(0);
    });

    it("resilience rule 14: stays inside the caller's deadline", async () => {
      const fallback = (): Promise<string> => new Promise(() => undefined);
      const { clock, run } = setUp({ retry: false }, { fallback });
      const result = settle(run(failingWith(RESET), { deadline: 30 }));
      await clock.advance(30);
      expect(await result).toMatchObject({ reason: RESET });
    });

    it("resilience rule 14: is not begun after the caller's deadline", async () => {
      const fallback = vi.fn<() => string>(() => 'an older value');
      const { clock, run } = setUp({}, { fallback });
      const result = settle(run(hanging(), { deadline: 30 }));
      await clock.advance(30);
      expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
      expect(fallback).not.toHaveBeenCalled();
    });

    it('resilience rule 7: its late rejection is handled', async () => {
      const unhandled = watchUnhandledRejections();
      const fallback = async (): Promise<string> => {
        await clock.sleep(500);
        throw new Error('too late');
      };
      const { clock, run } = setUp({ tryTimeoutMs: 100, retry: false }, { fallback });
      const result = settle(run(failingWith(RESET)));
      await clock.advance(1_000);
      await clock.settle();
      expect(await result).toMatchObject({ reason: RESET });
      expect(unhandled).not.toHaveBeenCalled();
    });
  });

  describe('breaker', () => {
    it('resilience rule 8: opens on failures of the dependency and then rejects without asking it', async () => {
      const { run, recorded } = setUp({ retry: false });
      const work = failingWith(...Array.from({ length: 11 }, () => RESET));
      for (let i = 0; i < 10; i++) await settle(run(work));
      recorded.clear();
      await expect(run(work)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 5_000 });
      expect(work).toHaveBeenCalledTimes(10);
      expect(recorded.calls).toEqual(['cache.get outcome rejected after 0']);
    });

    it('resilience rule 12: a permanent error shows that the dependency serves', async () => {
      const { run, pipeline } = setUp({ retry: false, breaker: { minimumCalls: 4 } });
      const notFound = Object.assign(new Error('x'), { code: 'ENOENT' });
      await settle(run(failingWith(RESET)));
      for (let i = 0; i < 2; i++) await settle(run(failingWith(notFound)));
      await settle(run(failingWith(RESET)));
      expect(pipeline.breaker?.state).toBe('open');
      pipeline.breaker?.reset();
      for (let i = 0; i < 20; i++) await settle(run(failingWith(notFound)));
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('resilience rule 13: an unknown error is neutral', async () => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { run, pipeline } = setUp({ breaker: { minimumCalls: 1 } });
      for (let i = 0; i < 20; i++) await settle(run(failingWith(new TypeError('x'))));
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('an error of some operations only is neutral: a full disk still answers reads', async () => {
      const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
      const { run, pipeline } = setUp({ breaker: { minimumCalls: 1 } });
      for (let i = 0; i < 20; i++) await settle(run(failingWith(full)));
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('resilience rule 9: half-open, a call that fails is not retried', async () => {
      const { clock, run } = setUp({ breaker: { minimumCalls: 1 } });
      await settle(run(failingWith(RESET)));
      await clock.advance(5_000);
      const work = failingWith(RESET);
      await expect(run(work)).rejects.toBe(RESET);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('resilience rule 9: a part of an operation needs no permit of its own', async () => {
      const { pipeline, run, clock, recorded } = setUp({ breaker: { minimumCalls: 1 } });
      const part = pipeline.bind<string, string>(
        'part',
        { breaker: false },
        recorded.bind('cache', 'part'),
      );
      const runPart = (): Promise<string> =>
        pipeline.run(part, () => Promise.resolve('part'), 'key');
      await expect(run(failingWith(RESET, RESET, RESET))).rejects.toBe(RESET);
      expect(pipeline.breaker?.state).toBe('open');
      await expect(runPart()).resolves.toBe('part');
      await clock.advance(10_000);
      const units = Array.from({ length: 3 }, () => run(async () => `unit, ${await runPart()}`));
      await expect(Promise.all(units)).resolves.toHaveLength(3);
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('resilience rule 9: half-open, a part that fails reopens it', async () => {
      const { pipeline, run, clock, recorded } = setUp({ breaker: { minimumCalls: 1 } });
      const options = { breaker: false, maxTries: 1 };
      const part = pipeline.bind<string, string>('part', options, recorded.bind('cache', 'part'));
      await expect(run(failingWith(RESET, RESET, RESET))).rejects.toBe(RESET);
      await clock.advance(10_000);
      const unit = run(async () => {
        await pipeline.run(part, () => Promise.reject(RESET), 'key').catch(() => undefined);
        return 'caught';
      });
      await expect(unit).resolves.toBe('caught');
      expect(pipeline.breaker?.state).toBe('open');
    });

    it('resilience rule 9: half-open, 3 successes close it', async () => {
      const { clock, run, pipeline } = setUp({ breaker: { minimumCalls: 1 } });
      await settle(run(failingWith(RESET)));
      await clock.advance(5_000);
      for (let i = 0; i < 3; i++) await run(failingWith());
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('switched off, nothing is ever rejected', async () => {
      const { run, pipeline } = setUp({ breaker: false, retry: false });
      expect(pipeline.breaker).toBeUndefined();
      for (let i = 0; i < 50; i++) await settle(run(failingWith(RESET)));
      expect(await run(failingWith())).toBe('value');
    });
  });

  describe('unknown errors', () => {
    it('resilience rule 13: are rethrown as they are, logged, and neither retried nor replaced', async () => {
      const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { run, recorded } = setUp();
      const error = new TypeError('x is not a function');
      const { stack } = error;
      const work = failingWith(error);
      await expect(run(work)).rejects.toBe(error);
      expect(error.stack).toBe(stack);
      expect(work).toHaveBeenCalledTimes(1);
      expect(logged).toHaveBeenCalledTimes(1);
      expect(recorded.calls).toEqual([
        'cache.get try failed TypeError',
        'cache.get outcome no-recovery-possible after 1',
      ]);
    });

    it('resilience rule 13: are logged also when a retry meets them', async () => {
      const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { clock, run, recorded } = setUp();
      const error = new TypeError('x is not a function');
      const result = settle(run(failingWith(RESET, error)));
      await clock.advance(1_000);
      expect(await result).toMatchObject({ reason: error });
      expect(logged).toHaveBeenCalledTimes(1);
      expect(recorded.calls.at(-1)).toBe('cache.get outcome no-recovery-possible after 2');
    });

    it.each([['a string'], [undefined], [Object.create(null)], [Object.freeze({ a: 1 })]])(
      'may be anything that can be thrown: %o',
      async (thrown) => {
        vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
        const { run } = setUp();
        expect(await settle(run(failingWith(thrown)))).toEqual({
          status: 'rejected',
          reason: thrown,
        });
      },
    );

    it('synchronous throws are errors of the try like any other', async () => {
      const { clock, run } = setUp();
      let calls = 0;
      const result = run(() => {
        if (++calls === 1) throw RESET;
        return 'value';
      });
      await clock.advance(1_000);
      expect(await result).toBe('value');
    });
  });

  describe('what only watches', () => {
    it('resilience rule 17: a recorder that throws changes no outcome, and the work runs once', async () => {
      const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const clock = new FakeClock();
      const pipeline = new ResiliencePipeline('cache', {}, clock);
      const broken = () => {
        throw new Error('a defect in a recorder');
      };
      const recorder = { ...new RecordedCalls().bind('cache', 'get'), status: broken };
      Object.assign(recorder, { recordTry: broken, recordOutcome: broken });
      const operation = pipeline.bind<string, string>('get', { idempotent: true }, recorder);
      const work = failingWith();
      expect(await pipeline.run(operation, work, 'key')).toBe('value');
      expect(work).toHaveBeenCalledTimes(1);
      await expect(pipeline.run(operation, failingWith({ code: 'ENOENT' }), 'key')).rejects.toEqual(
        {
          code: 'ENOENT',
        },
      );
      expect(logged).toHaveBeenCalled();
    });

    it('resilience rule 17: a breaker listener that throws changes no outcome', async () => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { clock, run, pipeline } = setUp({ breaker: { minimumCalls: 1, halfOpenPermits: 1 } });
      pipeline.breaker?.subscribe(() => {
        throw new Error('a defect in a listener');
      });
      await expect(run(failingWith(RESET))).rejects.toBe(RESET);
      await clock.advance(5_000);
      const work = failingWith();
      expect(await run(work)).toBe('value');
      expect(work).toHaveBeenCalledTimes(1);
      expect(pipeline.breaker?.state).toBe('closed');
    });

    it('resilience rule 17: a logger that throws changes no outcome', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {
        throw new Error('a broken transport');
      });
      const { run } = setUp();
      const error = new TypeError('x');
      await expect(run(failingWith(error))).rejects.toBe(error);
      await expect(run(failingWith(error))).rejects.toBe(error);
      expect(warned).toHaveBeenCalledTimes(1);
    });
  });
});
