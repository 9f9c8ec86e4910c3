import { Logger } from '@nestjs/common';
import { NoopRecorder } from 'nestjs-mainstay/resilience';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OperationInterceptor } from './operation-interceptor.js';
import { Operations } from './operations.js';
import { UnknownResourceError } from './resource.errors.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const NOT_FOUND = Object.assign(new Error('no such key'), { code: 'ENOENT' });
const CACHE = { name: 'cache' };

function setUp(interceptors: readonly OperationInterceptor[] = []) {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const operations = new Operations(clock, recorded, interceptors);
  return { clock, recorded, operations };
}

describe('Operations', () => {
  afterEach(() => vi.restoreAllMocks());

  describe('recording', () => {
    it('records an attempt and a success', async () => {
      const { operations, recorded } = setUp();
      const set = operations.of(CACHE).bind('set');
      expect(await set.run(async (key: string) => `set ${key}`, 'a')).toBe('set a');
      expect(recorded.calls).toEqual([
        'cache.set attempt',
        'cache.set try passed',
        'cache.set success',
      ]);
    });

    it('records a hit or a miss in place of the success of a read that can miss', async () => {
      const { operations, recorded } = setUp();
      const get = operations
        .of(CACHE)
        .bind<string, string | null>('get', { isHit: (value) => value !== null });
      await get.run(() => 'value', 'a');
      await get.run(() => null, 'a');
      expect(recorded.calls.filter((call) => !call.includes('try'))).toEqual([
        'cache.get attempt',
        'cache.get hit',
        'cache.get attempt',
        'cache.get miss',
      ]);
    });

    it('records one attempt and one failure for a call that is retried in vain', async () => {
      const { operations, recorded, clock } = setUp();
      const get = operations.of(CACHE).bind('get', { idempotent: true });
      const result = expect(get.run(() => Promise.reject(REFUSED), 'a')).rejects.toBe(REFUSED);
      await clock.advance(1_000);
      await result;
      expect(recorded.calls).toEqual([
        'cache.get attempt',
        'cache.get try failed ECONNREFUSED',
        'cache.get try failed ECONNREFUSED',
        'cache.get try failed ECONNREFUSED',
        'cache.get outcome retry-failed after 3',
        'cache.get failure ECONNREFUSED',
      ]);
    });

    it('records a call that the breaker rejects as rejected', async () => {
      const { operations, recorded } = setUp();
      const ofCache = operations.of(CACHE);
      ofCache.breaker?.isolate();
      await expect(ofCache.bind('get').run(() => 'value', 'a')).rejects.toMatchObject({
        code: 'CIRCUIT_OPEN',
      });
      expect(recorded.of('cache.get')).toEqual([
        'cache.get attempt',
        'cache.get outcome rejected after 0',
        'cache.get rejected CIRCUIT_OPEN',
      ]);
    });

    it('records a call that its caller gave up as cancelled', async () => {
      const { operations, recorded } = setUp();
      const get = operations.of(CACHE).bind('get');
      const signal = AbortSignal.abort();
      await expect(get.run(() => 'value', 'a', { signal })).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
      });
      expect(recorded.calls).toEqual([
        'cache.get attempt',
        'cache.get outcome cancelled after 0',
        'cache.get cancelled',
      ]);
    });

    it('gives what has been recorded', async () => {
      const { operations } = setUp();
      const get = operations.of(CACHE).bind('get');
      await get.run(() => 'value', 'a');
      await expect(get.run(() => Promise.reject(NOT_FOUND), 'a')).rejects.toBe(NOT_FOUND);
      expect(get.status()).toEqual({
        resource: 'cache',
        operation: 'get',
        attempts: 2,
        successes: 1,
        failures: 1,
        rejections: 0,
        cancellations: 0,
        active: 0,
      });
    });

    it('resilience rule 17: a recorder that throws changes no outcome and repeats no work', async () => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const broken = (): never => {
        throw new Error('a defect in a recorder');
      };
      const bound = new RecordedCalls().bind('cache', 'get');
      const everyCallThrows = new Proxy(bound, { get: () => broken });
      const recorder = {
        bind: () => everyCallThrows,
        recordStep: broken,
        recordInitialization: broken,
        recordTransition: broken,
      };
      const get = new Operations(new FakeClock(), recorder).of(CACHE).bind('get', {
        idempotent: true,
      });
      const work = vi.fn<() => Promise<string>>(async () => 'value');
      expect(await get.run(work, 'a')).toBe('value');
      expect(work).toHaveBeenCalledTimes(1);
      await expect(get.run(() => Promise.reject(NOT_FOUND), 'a')).rejects.toBe(NOT_FOUND);
    });

    it('resilience rules 16 and 19: changes of the breaker are recorded, with their reason', () => {
      const { operations, recorded } = setUp();
      const { breaker } = operations.of(CACHE);
      breaker?.isolate('maintenance');
      breaker?.metricsOnly();
      breaker?.reset();
      expect(recorded.of('cache circuit')).toEqual([
        'cache circuit: closed to isolated (isolated)',
        'cache circuit: isolated to metrics-only (metrics-only)',
        'cache circuit: metrics-only to closed (reset)',
      ]);
    });

    it('resilience rule 17: nor does a judgement of hits that throws', async () => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { operations, recorded } = setUp();
      const isHit = (): boolean => {
        throw new Error('a defect in isHit');
      };
      const get = operations.of(CACHE).bind<string, string>('get', { isHit });
      expect(await get.run(() => 'value', 'a')).toBe('value');
      expect(recorded.calls.at(-1)).toBe('cache.get success');
    });
  });

  describe('runOrElse', () => {
    it('gives the stand-in for a known failure of the dependency, and records the failure', async () => {
      const { operations, recorded } = setUp();
      const set = operations.of(CACHE, { retry: false }).bind('set');
      expect(await set.runOrElse(false, () => Promise.reject(REFUSED), 'a')).toBe(false);
      expect(recorded.calls.at(-1)).toBe('cache.set failure ECONNREFUSED');
    });

    it('gives it for a call that the breaker rejects', async () => {
      const { operations } = setUp();
      const ofCache = operations.of(CACHE);
      ofCache.breaker?.isolate();
      expect(await ofCache.bind('set').runOrElse(false, () => true, 'a')).toBe(false);
    });

    it("throws mistakes of the caller and unknown errors, and the caller's own abort", async () => {
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { operations } = setUp();
      const set = operations.of(CACHE).bind('set');
      const unknown = new TypeError('x');
      await expect(set.runOrElse(false, () => Promise.reject(NOT_FOUND), 'a')).rejects.toBe(
        NOT_FOUND,
      );
      await expect(set.runOrElse(false, () => Promise.reject(unknown), 'a')).rejects.toBe(unknown);
      const signal = AbortSignal.abort();
      await expect(set.runOrElse(false, () => true, 'a', { signal })).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
      });
    });
  });

  describe('interceptors', () => {
    const tagging = (tag: string): OperationInterceptor => ({
      intercept: async (_context, next) => `${tag}(${String(await next.handle())})`,
    });

    it('lie inside of the recording and outside of the resilience, the first one outermost', async () => {
      const { operations, recorded } = setUp([tagging('a'), tagging('b')]);
      const get = operations.of(CACHE).bind('get');
      expect(await get.run(() => 'value', 'key')).toBe('a(b(value))');
      expect(recorded.calls).toEqual([
        'cache.get attempt',
        'cache.get try passed',
        'cache.get success',
      ]);
    });

    it('see the resource, the operation and what it was called with', async () => {
      const intercept = vi.fn<OperationInterceptor['intercept']>((_context, next) => next.handle());
      const { operations } = setUp([{ intercept }]);
      await operations
        .of(CACHE)
        .bind('get')
        .run(() => 'value', 'key');
      expect(intercept.mock.calls[0]?.[0]).toEqual({
        resource: 'cache',
        operation: 'get',
        arg: 'key',
        classify: expect.any(Function) as unknown,
      });
    });

    it('learn what detection says of an error', async () => {
      const types: (string | undefined)[] = [];
      const listening: OperationInterceptor = {
        intercept: (context, next) =>
          next.handle().catch((error: unknown) => {
            types.push(context.classify(error).type);
            throw error;
          }),
      };
      const get = setUp([listening]).operations.of(CACHE).bind('get');
      await expect(get.run(() => Promise.reject(NOT_FOUND), 'a')).rejects.toBe(NOT_FOUND);
      expect(types).toEqual(['ENOENT']);
    });

    it('may stand around each try, the outer one outside of the inner one', async () => {
      const seen: string[] = [];
      const around = (tag: string): OperationInterceptor => ({
        intercept: (_context, next) =>
          next.handle((attempt, execute) => {
            seen.push(`${tag}: ${attempt.operation} ${attempt.tryNumber}`);
            return execute();
          }),
      });
      const { operations, clock } = setUp([around('outer'), tagging('plain'), around('inner')]);
      const errors = [REFUSED];
      const result = operations
        .of(CACHE)
        .bind('get', { idempotent: true })
        .run(async (key: string) => {
          const error = errors.pop();
          if (error) throw error;
          return key;
        }, 'key');
      await clock.advance(1_000);
      expect(await result).toBe('plain(key)');
      expect(seen).toEqual(['outer: get 1', 'inner: get 1', 'outer: get 2', 'inner: get 2']);
    });

    it('of a bridge lie outside of those of the application', async () => {
      const recorded = new RecordedCalls();
      const operations = new Operations(
        new FakeClock(),
        recorded,
        [tagging('application')],
        undefined,
        [tagging('bridge')],
      );
      const get = operations.of(CACHE).bind('get');
      expect(await get.run(() => 'value', 'key')).toBe('bridge(application(value))');
    });

    it('are called once for a call that is retried', async () => {
      const intercept = vi.fn<OperationInterceptor['intercept']>((_context, next) => next.handle());
      const { operations, clock } = setUp([{ intercept }]);
      const errors = [REFUSED, REFUSED];
      const result = operations
        .of(CACHE)
        .bind('get', { idempotent: true })
        .run(async () => {
          const error = errors.pop();
          if (error) throw error;
          return 'value';
        }, 'key');
      await clock.advance(1_000);
      expect(await result).toBe('value');
      expect(intercept).toHaveBeenCalledTimes(1);
    });

    it('may answer themselves or refuse, which is recorded like any other result', async () => {
      const refusing: OperationInterceptor = {
        intercept: (context) => {
          if (context.arg === 'mine') return Promise.resolve('from the interceptor');
          throw NOT_FOUND;
        },
      };
      const { operations, recorded } = setUp([refusing]);
      const get = operations.of(CACHE).bind('get');
      expect(await get.run(() => 'value', 'mine')).toBe('from the interceptor');
      await expect(get.run(() => 'value', 'yours')).rejects.toBe(NOT_FOUND);
      expect(recorded.calls).toEqual([
        'cache.get attempt',
        'cache.get success',
        'cache.get attempt',
        'cache.get failure ENOENT',
      ]);
    });
  });

  describe('proves', () => {
    it('status rule 4: tells the recorder which capability a success proves', () => {
      const recorder = new NoopRecorder();
      const bind = vi.spyOn(recorder, 'bind');
      const operations = new Operations(new FakeClock(), recorder).of(CACHE);
      operations.bind('get', { proves: 'read' });
      operations.bind('clear');
      expect(bind.mock.calls).toEqual([
        ['cache', 'get', 'read'],
        ['cache', 'clear', undefined],
      ]);
    });
  });

  describe('of', () => {
    it('gives all operations of one resource one breaker', () => {
      const { operations } = setUp();
      expect(operations.of(CACHE).breaker).toBe(operations.of(CACHE).breaker);
      expect(operations.of({ name: 'database' }).breaker).not.toBe(operations.of(CACHE).breaker);
      expect(operations.find('cache')).toBe(operations.of(CACHE));
      expect(operations.find('storage')).toBeUndefined();
    });

    it('gives them by name; a misspelt one is an error that names those that there are', () => {
      const { operations } = setUp();
      const cache = operations.of(CACHE);
      operations.of({ name: 'database' });
      expect(operations.get('cache')).toBe(cache);
      const unknown = problemOf(() => operations.get('cahce'));
      expect(unknown).toBeInstanceOf(UnknownResourceError);
      expect(unknown).toMatchObject({
        code: 'RESOURCE_UNKNOWN',
        message: 'No resource named "cahce" has operations. Those that have: cache, database.',
      });
    });

    it('refuses options that contradict each other, when an operation is bound', () => {
      const { operations } = setUp();
      expect(() => operations.of(CACHE, { tryTimeoutMs: 2, totalTimeoutMs: 1 })).toThrow(
        /totalTimeoutMs is 1/,
      );
      expect(() => operations.of(CACHE).bind('get', { maxTries: 0 })).toThrow(/maxTries is 0/);
    });

    it('resilience rule 20: a shutdown cuts the back-offs of all resources', async () => {
      const { operations, clock } = setUp();
      const results = ['cache', 'database'].map((name) =>
        operations
          .of({ name })
          .bind('get', { idempotent: true })
          .runOrElse('failed', () => Promise.reject(REFUSED), 'a'),
      );
      await clock.settle();
      operations.shutdown();
      expect(await Promise.all(results)).toEqual(['failed', 'failed']);
      // The timer of the timeouts, which calls share, is gone 10 ms after the last one.
      await clock.advance(10);
      expect(clock.pending.all).toBe(0);
    });

    it('resilience rule 20: operations that are bound after the shutdown retry nothing either', async () => {
      const { operations } = setUp();
      operations.shutdown();
      const work = vi.fn<() => Promise<never>>(() => Promise.reject(REFUSED));
      const get = operations.of({ name: 'late' }).bind('get', { idempotent: true });
      expect(await get.runOrElse('failed', work, 'a')).toBe('failed');
      expect(work).toHaveBeenCalledTimes(1);
    });
  });

  describe('runMarked', () => {
    it('records and intercepts, and neither retries nor bounds', async () => {
      const { operations, recorded, clock } = setUp();
      const work = vi.fn<() => Promise<never>>(async () => {
        await clock.sleep(3_600_000);
        throw REFUSED;
      });
      const result = expect(operations.runMarked('import', work)).rejects.toBe(REFUSED);
      await clock.advance(3_600_000);
      await result;
      expect(work).toHaveBeenCalledTimes(1);
      expect(recorded.calls).toEqual([
        'app.import attempt',
        'app.import try failed ECONNREFUSED',
        'app.import outcome no-recovery-possible after 1',
        'app.import failure ECONNREFUSED',
      ]);
    });

    it('leaves a resource that happens to be named "app" its own protection', async () => {
      const { operations } = setUp();
      await operations.runMarked('import', () => 'value');
      expect(operations.of({ name: 'app' }).breaker).toBeDefined();
    });
  });
});

function problemOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
