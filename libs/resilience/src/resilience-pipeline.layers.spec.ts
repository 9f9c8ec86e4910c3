import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Chaos } from './chaos/chaos.js';
import type { CustomPolicy } from './custom-policy.js';
import { FALLBACK_ERROR } from './fallback-error.js';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** A pipeline on a fake clock with one operation `payments.get`, and what was recorded of it. */
function setUp(
  pipelineOptions: PipelineOptions = {},
  options: OperationOptions<string, string> = {},
  clock = new FakeClock(),
) {
  const recorded = new RecordedCalls();
  const pipeline = new ResiliencePipeline('payments', pipelineOptions, clock);
  const operation = pipeline.bind(
    'get',
    { idempotent: true, ...options },
    recorded.bind('payments', 'get'),
  );
  const run = (work: Work<string, string>, call?: CallOptions): Promise<string> =>
    pipeline.run(operation, work, 'key', call);
  const settle = async (work: Work<string, string>, call?: CallOptions) => {
    const [result] = await Promise.allSettled([run(work, call)]);
    return result;
  };
  return { clock, recorded, pipeline, run, settle };
}

const succeed = async (): Promise<string> => 'value';
const fail = async (): Promise<string> => {
  throw RESET;
};

/** A promise of somebody else's making. */
function thenable(then: (resolve: (value: string) => void) => void): Promise<string> {
  const promise = {};
  Reflect.set(promise, 'then', then);
  return promise as Promise<string>;
}

/** Work that ends when the test says so. */
function controlled() {
  const ends: (() => void)[] = [];
  const work = vi.fn<() => Promise<string>>(
    () => new Promise((resolve) => ends.push(() => resolve('value'))),
  );
  return { work, ends };
}

describe('the order of the layers', () => {
  it('resilience rule 1: breaker, limiter, timeout, policies, chaos, work', async () => {
    const seen: string[] = [];
    const chaos: Chaos = {
      isArmed: true,
      run: (work, arg, context) => {
        seen.push('chaos');
        return work(arg, context);
      },
    };
    const policy = (name: string): CustomPolicy => ({
      execute: async (work, signal = new AbortController().signal) => {
        seen.push(name);
        return work({ signal });
      },
    });
    const { pipeline, run } = setUp({ chaos, policies: [policy('outer'), policy('inner')] });
    const admit = pipeline.breaker!.admit.bind(pipeline.breaker);
    vi.spyOn(pipeline.breaker!, 'admit').mockImplementation((now) => {
      seen.push(`breaker, ${pipeline.status().limiter?.inFlight} slots taken`);
      return admit(now);
    });
    await run(async () => {
      seen.push(`work, ${pipeline.status().limiter?.inFlight} slot taken`);
      return 'value';
    });
    expect(seen).toEqual([
      'breaker, 0 slots taken',
      'outer',
      'inner',
      'chaos',
      'work, 1 slot taken',
    ]);
  });

  it('resilience rule 1: the timeout of a try bounds policies and chaos, too', async () => {
    const stuck: CustomPolicy = { execute: () => new Promise(() => undefined) };
    const { clock, settle } = setUp({ policies: [stuck], tryTimeoutMs: 100, retry: false });
    const result = settle(succeed);
    await clock.advance(100);
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
  });

  it('resilience rule 1: each try is a new one for breaker, limiter and policies', async () => {
    const execute = vi.fn<CustomPolicy['execute']>(async (work) => work({} as never));
    const { clock, pipeline, settle } = setUp({ policies: [{ execute } as CustomPolicy] });
    const admit = vi.spyOn(pipeline.breaker!, 'admit');
    const result = settle(fail);
    await clock.advance(1_000);
    await result;
    expect(admit).toHaveBeenCalledTimes(3);
    expect(execute).toHaveBeenCalledTimes(3);
  });

  it('resilience rule 1: a full limiter says nothing to the breaker', async () => {
    const limiter = { maxConcurrent: 1, maxQueue: 0, maxWaitMs: 0 };
    const { clock, pipeline, run, settle } = setUp({ limiter, retry: false });
    const { work, ends } = controlled();
    const held = run(work);
    for (let call = 0; call < 20; call++) {
      expect(await settle(succeed)).toMatchObject({ reason: { code: 'LIMITER_FULL' } });
    }
    await clock.advance(2_000);
    expect(await settle(succeed)).toMatchObject({ reason: { code: 'LIMITER_FULL' } });
    expect(pipeline.breaker?.state).toBe('closed');
    ends[0]?.();
    await held;
  });

  it('accepts a policy that executes the work several times, like those of cockatiel', async () => {
    const twice: CustomPolicy = {
      execute: async (work, signal = new AbortController().signal) => {
        await work({ signal });
        return work({ signal });
      },
    };
    const work = vi.fn<() => Promise<string>>(succeed);
    const { recorded, run } = setUp({ policies: [twice] });
    await run(work);
    expect(work).toHaveBeenCalledTimes(2);
    expect(recorded.of('payments.get try')).toHaveLength(1);
  });

  it('gives the work the signal of the innermost policy, which may abort on its own account', async () => {
    const impatient: CustomPolicy = {
      execute: async (work) => {
        const controller = new AbortController();
        const result = work({ signal: controller.signal });
        controller.abort(new Error('too slow for me'));
        return result;
      },
    };
    const outer: CustomPolicy = { execute: async (work, signal) => work({ signal: signal! }) };
    const { run } = setUp({ policies: [outer, impatient], retry: false });
    const seen: unknown[] = [];
    await run(async (_arg, { resource, operation, tryNumber, signal }) => {
      await Promise.resolve();
      seen.push(resource, operation, tryNumber, (signal.reason as Error).message);
      return 'value';
    });
    expect(seen).toEqual(['payments', 'get', 1, 'too slow for me']);
  });

  it('tells the work when its try began, also through a policy with a signal of its own', async () => {
    const outer: CustomPolicy = {
      execute: async (work) => work({ signal: new AbortController().signal }),
    };
    const { clock, settle } = setUp({ policies: [outer], retry: { maxTries: 2 } });
    const seen: number[] = [];
    await clock.advance(50);
    const result = settle(async (_arg, { startedAt }) => {
      seen.push(startedAt);
      if (seen.length === 1) throw Object.assign(new Error('reset'), { code: 'ECONNREFUSED' });
      return 'value';
    });
    await clock.advance(1_000);
    expect(await result).toMatchObject({ value: 'value' });
    expect(seen).toEqual([50, expect.any(Number)]);
    expect(seen[1]).toBeGreaterThan(50);
  });

  it("gives the work the try's signal where a policy gives none", async () => {
    const careless: CustomPolicy = { execute: async (work) => work(undefined as never) };
    const { clock, settle } = setUp({ policies: [careless], tryTimeoutMs: 100, retry: false });
    let given: AbortSignal | undefined;
    const result = settle((_arg, { signal }) => {
      given = signal;
      return new Promise(() => undefined);
    });
    await clock.advance(100);
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
    expect(given?.aborted).toBe(true);
  });
});

describe('the retry budget', () => {
  it('resilience rule 4: 3 retries in 10 s, then none', async () => {
    const { clock, recorded, settle } = setUp({ breaker: false });
    for (let call = 0; call < 3; call++) {
      const result = settle(fail);
      await clock.advance(200);
      await result;
    }
    expect(recorded.of('payments.get try')).toHaveLength(3 + 2 + 1);
    expect(recorded.of('payments.get outcome')).toEqual([
      'payments.get outcome retry-failed after 3',
      'payments.get outcome retry-failed after 2 (budget)',
      'payments.get outcome retry-failed after 1 (budget)',
    ]);
  });

  it('resilience rule 4: successes earn retries, a tenth of them', async () => {
    const { clock, pipeline, run, settle } = setUp({ breaker: false });
    for (let call = 0; call < 60; call++) await run(succeed);
    expect(pipeline.status().budget).toEqual({ successes: 60, retries: 0, limit: 6 });
    for (let call = 0; call < 5; call++) {
      const result = settle(fail);
      await clock.advance(200);
      await result;
    }
    expect(pipeline.status().budget).toMatchObject({ retries: 6, limit: 6 });
  });

  it('resilience rule 4: a denied retry still has its fallback', async () => {
    const { clock, recorded, run } = setUp(
      { breaker: false, retry: { budget: { minimumRetries: 0 } } },
      { fallback: () => 'older' },
    );
    expect(await run(fail)).toBe('older');
    expect(clock.now()).toBe(0);
    expect(recorded.calls.at(-1)).toBe('payments.get outcome using-fallback after 1 (budget)');
  });
});

describe('one retrying layer', () => {
  it('resilience rule 5: inside a retry of another pipeline nothing is retried', async () => {
    const inner = setUp({ breaker: false });
    const outer = setUp({ breaker: false }, {}, inner.clock);
    const work = vi.fn<() => Promise<string>>(fail);
    let isFirst = true;
    const result = outer.settle(async () => {
      if (isFirst) {
        isFirst = false;
        throw RESET;
      }
      return inner.run(work);
    });
    await inner.clock.advance(1_000);
    expect(await result).toMatchObject({ reason: RESET });
    expect(work).toHaveBeenCalledTimes(2);
    expect(inner.recorded.of('payments.get outcome')).toEqual([
      'payments.get outcome retry-failed after 1 (other-layer)',
      'payments.get outcome retry-failed after 1 (other-layer)',
    ]);
  });

  it('resilience rule 5: what an inner layer retried in vain is not retried again', async () => {
    const inner = setUp({ breaker: false });
    const outer = setUp({ breaker: false }, {}, inner.clock);
    const work = vi.fn<() => Promise<string>>(fail);
    const result = outer.settle(async () => {
      try {
        return await inner.run(work);
      } catch (error) {
        throw Object.assign(new Error('no payment', { cause: error }), { code: 'ECONNRESET' });
      }
    });
    await inner.clock.advance(1_000);
    expect(await result).toMatchObject({ reason: { message: 'no payment' } });
    expect(work).toHaveBeenCalledTimes(3);
    expect(outer.recorded.calls.at(-1)).toBe(
      'payments.get outcome retry-failed after 1 (other-layer)',
    );
  });

  it('resilience rule 5: an error object that is thrown again later is retried again', async () => {
    const { clock, settle } = setUp({ breaker: false, retry: { budget: false } });
    const work = vi.fn<() => Promise<string>>(fail);
    for (let call = 0; call < 2; call++) {
      const result = settle(work);
      await clock.advance(1_000);
      await result;
    }
    expect(work).toHaveBeenCalledTimes(6);
  });

  it('resilience rule 5: what a retry leaves running is no part of it any more', async () => {
    const inner = setUp({ breaker: false });
    const outer = setUp({ breaker: false }, {}, inner.clock);
    const work = vi.fn<() => Promise<string>>(fail);
    let later: Promise<unknown> | undefined;
    let tries = 0;
    const result = outer.run(async () => {
      if (tries++ === 0) throw RESET;
      later = inner.clock.sleep(5_000).then(() => inner.settle(work));
      return 'value';
    });
    await inner.clock.advance(1_000);
    expect(await result).toBe('value');
    await inner.clock.advance(6_000);
    await later;
    expect(work).toHaveBeenCalledTimes(3);
  });
});

describe('the breaker in the pipeline', () => {
  it('resilience rule 8: opens at once on a refused connection where the module asks for it', async () => {
    const { pipeline, recorded, settle } = setUp({ breaker: { opensOnRefused: true } });
    await settle(async () => {
      throw REFUSED;
    });
    expect(pipeline.breaker?.status()).toMatchObject({
      state: 'open',
      reason: 'connection-refused',
    });
    expect(recorded.calls.at(-1)).toBe('payments.get outcome retry-failed after 1 (circuit-open)');
  });

  it('resilience rule 9: an operation with a longer try timeout than the others keeps its permit for that', async () => {
    const { clock, pipeline, settle } = setUp({ tryTimeoutMs: 100, retry: false });
    for (let call = 0; call < 10; call++) await settle(fail);
    await clock.advance(6_000);
    const slow = pipeline.bind<string, string>('report', { tryTimeoutMs: 5_000 });
    const reports = Array.from({ length: 3 }, () =>
      pipeline.run(slow, () => clock.sleep(2_000).then(() => 'report'), 'key'),
    );
    await clock.advance(1_000);
    expect(await settle(succeed)).toMatchObject({ reason: { code: 'CIRCUIT_OPEN' } });
    await clock.advance(1_000);
    await Promise.all(reports);
    expect(pipeline.breaker?.status()).toMatchObject({
      state: 'closed',
      reason: 'half-open-success',
    });
  });

  it('resilience rule 8: slow calls open it where that is asked for', async () => {
    const { clock, pipeline, run } = setUp({ breaker: { slowCallMs: 200 } });
    for (let call = 0; call < 10; call++) {
      const result = run(() => clock.sleep(call % 2 === 0 ? 200 : 199).then(() => 'value'));
      await clock.advance(200);
      await result;
    }
    expect(pipeline.breaker?.status()).toMatchObject({ state: 'closed' });
    const result = run(() => clock.sleep(200).then(() => 'value'));
    await clock.advance(200);
    await result;
    expect(pipeline.breaker?.status()).toMatchObject({ state: 'open', reason: 'slow-calls' });
  });

  it('resilience rule 19: metricsOnly() lets everything through and goes on counting', async () => {
    const { pipeline, recorded, settle } = setUp({ retry: false });
    pipeline.breaker?.metricsOnly();
    for (let call = 0; call < 30; call++) await settle(fail);
    expect(recorded.of('payments.get try failed')).toHaveLength(30);
    expect(pipeline.status().breaker).toMatchObject({ state: 'metrics-only' });
  });

  it('resilience rule 19: isolate(reason) rejects everything and shows why, until reset()', async () => {
    const { pipeline, run, settle } = setUp();
    pipeline.breaker?.isolate('they migrate until 14:00');
    expect(await settle(succeed)).toMatchObject({ reason: { code: 'CIRCUIT_OPEN' } });
    expect(pipeline.status().breaker).toMatchObject({
      state: 'isolated',
      note: 'they migrate until 14:00',
    });
    pipeline.breaker?.reset();
    expect(await run(succeed)).toBe('value');
  });
});

describe('a chain of fallbacks', () => {
  it('resilience rule 14: each is asked when the one before it failed', async () => {
    const asked: string[] = [];
    const failing = (name: string) => () => {
      asked.push(name);
      throw new Error(name);
    };
    const { run } = setUp(
      { retry: false },
      { fallback: [failing('one'), failing('two'), () => 'three'] },
    );
    expect(await run(fail)).toBe('three');
    expect(asked).toEqual(['one', 'two']);
  });

  it('resilience rule 14: when all fail, the original is thrown with their errors attached', async () => {
    const failing = (name: string) => () => Promise.reject(new Error(name));
    const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const { recorded, settle } = setUp(
      { retry: false },
      { fallback: [failing('one'), failing('two')] },
    );
    const result = await settle(() => Promise.reject(error));
    expect(result).toEqual({ status: 'rejected', reason: error });
    expect((error as { [FALLBACK_ERROR]?: unknown })[FALLBACK_ERROR]).toMatchObject({
      name: 'AggregateError',
    });
    expect(recorded.of('payments.get fallback')).toEqual(['payments.get fallback failed']);
  });

  it('resilience rule 14: the chain as a whole stays within one try timeout', async () => {
    const hanging = vi.fn<() => Promise<string>>(() => new Promise(() => undefined));
    const never = vi.fn<() => string>(() => 'late');
    const { clock, settle } = setUp(
      { retry: false, tryTimeoutMs: 100 },
      { fallback: [hanging, never] },
    );
    const result = settle(fail);
    await clock.advance(100);
    expect(await result).toEqual({ status: 'rejected', reason: RESET });
    expect(never).not.toHaveBeenCalled();
  });
});

describe('the limiter in the pipeline', () => {
  const limiter = { maxConcurrent: 2, maxQueue: 1, maxWaitMs: 1_000 };

  it('resilience rule 15: calls wait for a slot, in their order and in a bounded queue', async () => {
    const { clock, pipeline, run, settle } = setUp({ limiter, retry: false });
    const { work, ends } = controlled();
    const held = [run(work), run(work), run(work)];
    expect(work).toHaveBeenCalledTimes(2);
    expect(pipeline.status().limiter).toMatchObject({ inFlight: 2, queued: 1 });
    expect(await settle(work)).toMatchObject({ reason: { code: 'LIMITER_FULL' } });
    ends[0]?.();
    await clock.settle();
    expect(work).toHaveBeenCalledTimes(3);
    ends.forEach((end) => end());
    await Promise.all(held);
    expect(pipeline.status().limiter).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('resilience rule 15: a timed-out operation keeps its slot for 2 × the try timeout, then it is leaked', async () => {
    const { clock, pipeline, settle } = setUp({ limiter, retry: false, tryTimeoutMs: 100 });
    const result = settle(() => new Promise(() => undefined));
    await clock.advance(100);
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
    await clock.advance(199);
    expect(pipeline.status().limiter).toMatchObject({ inFlight: 1, leaked: 0 });
    await clock.advance(1);
    expect(pipeline.status().limiter).toMatchObject({ inFlight: 0, leaked: 1 });
  });

  it('resilience rule 15: a caller that aborts leaves the queue at once', async () => {
    const { pipeline, run, settle } = setUp({ limiter, retry: false });
    const { work, ends } = controlled();
    const held = [run(work), run(work)];
    const controller = new AbortController();
    const waiting = settle(work, { signal: controller.signal });
    controller.abort();
    expect(await waiting).toMatchObject({
      reason: { code: 'OPERATION_CANCELLED', context: { reason: 'caller' } },
    });
    expect(pipeline.status().limiter).toMatchObject({ inFlight: 2, queued: 0 });
    ends.forEach((end) => end());
    await Promise.all(held);
  });

  it('resilience rule 2: a call that found no slot was never sent, and is tried again', async () => {
    const single = { maxConcurrent: 1, maxQueue: 0, maxWaitMs: 0 };
    const { clock, run } = setUp({ limiter: single }, { idempotent: false });
    const { work, ends } = controlled();
    const held = run(work);
    const second = run(succeed);
    ends[0]?.();
    await held;
    await clock.advance(100);
    expect(await second).toBe('value');
  });

  it('an operation may do without a slot', async () => {
    const { pipeline, run } = setUp({ limiter: { maxConcurrent: 1 } }, { limiter: false });
    const { work, ends } = controlled();
    const held = [run(work), run(work)];
    expect(pipeline.status()).toMatchObject({ inFlight: 2, limiter: { inFlight: 0 } });
    ends.forEach((end) => end());
    await Promise.all(held);
  });
});

describe('the shutdown', () => {
  it('resilience rule 20: what is in flight may end', async () => {
    const { clock, pipeline, run } = setUp();
    const { work, ends } = controlled();
    const held = run(work);
    pipeline.shutdown();
    const drained = pipeline.drain(5_000);
    await clock.advance(1_000);
    ends[0]?.();
    expect(await held).toBe('value');
    expect(await drained).toBe(true);
  });

  it('resilience rules 7, 20: what is in flight at the deadline is cancelled by the shutdown', async () => {
    const { clock, pipeline, recorded, settle } = setUp({ tryTimeoutMs: false });
    let signal: AbortSignal | undefined;
    const held = settle((_key, context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    });
    pipeline.shutdown();
    const drained = pipeline.drain(5_000);
    await clock.advance(5_000);
    expect(await drained).toBe(false);
    expect(await held).toMatchObject({
      reason: { code: 'OPERATION_CANCELLED', context: { reason: 'shutdown' } },
    });
    expect(signal?.aborted).toBe(true);
    expect(pipeline.breaker?.state).toBe('closed');
    expect(recorded.calls.at(-1)).toBe('payments.get outcome cancelled after 1');
  });

  it('resilience rule 7: cuts the wait for a slot at once', async () => {
    const { pipeline, run, settle } = setUp({ limiter: { maxConcurrent: 1 }, retry: false });
    const { work, ends } = controlled();
    const held = run(work);
    const waiting = settle(work);
    pipeline.shutdown();
    expect(await waiting).toMatchObject({
      reason: { code: 'OPERATION_CANCELLED', context: { reason: 'shutdown' } },
    });
    ends[0]?.();
    await held;
  });
});

describe('execute', () => {
  it('gives a value that the work gives at once as it is', () => {
    const { pipeline } = setUp();
    const operation = pipeline.bind<string, string>('peek');
    expect(pipeline.execute(operation, (key) => key, 'key')).toBe('key');
    expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0 } });
  });

  it('calls inside each other keep what is theirs', () => {
    const { pipeline } = setUp();
    const operation = pipeline.bind<string, string>('peek');
    const seen: string[] = [];
    const look: Work<string, string> = (key, { tryNumber }) => {
      if (key.length < 3) void pipeline.execute(operation, look, `${key}+`);
      seen.push(`${key} ${tryNumber}`);
      return key;
    };
    for (let call = 0; call < 2; call++) void pipeline.execute(operation, look, 'a');
    expect(seen).toEqual(['a++ 1', 'a+ 1', 'a 1', 'a++ 1', 'a+ 1', 'a 1']);
    expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0 } });
  });

  it('a call that fails after others that ended at once is retried as any', async () => {
    const { clock, pipeline } = setUp();
    const operation = pipeline.bind<string, string>('peek', { idempotent: true });
    for (let call = 0; call < 3; call++) void pipeline.execute(operation, (key) => key, 'key');
    let tries = 0;
    const result = pipeline.execute(
      operation,
      () => {
        if (++tries === 1) throw RESET;
        return 'second';
      },
      'key',
    );
    await clock.advance(100);
    expect(await result).toBe('second');
  });

  it('a signal that was read is not given to another call', () => {
    const { pipeline } = setUp();
    const operation = pipeline.bind<string, AbortSignal>('peek');
    const signals = Array.from({ length: 3 }, () =>
      pipeline.execute(operation, (_key, { signal }) => signal, 'key'),
    );
    expect(new Set(signals).size).toBe(3);
  });

  it('never throws: a synchronous error is a rejected promise', async () => {
    const { pipeline } = setUp();
    const operation = pipeline.bind<string, string>('peek');
    const result = pipeline.execute(
      operation,
      () => {
        throw RESET;
      },
      'key',
    );
    await expect(result).rejects.toBe(RESET);
  });

  it.each([
    ['answers at once', (resolve: (value: string) => void) => resolve('value')],
    [
      'answers twice',
      (resolve: (value: string) => void) => {
        resolve('value');
        resolve('other');
      },
    ],
  ])('takes a thenable that %s', async (_what, then) => {
    const { recorded, run } = setUp();
    expect(await run(() => thenable(then))).toBe('value');
    expect(recorded.calls).toEqual(['payments.get try passed']);
  });

  it('takes a thenable that throws for a failed try', async () => {
    const { pipeline, recorded, settle } = setUp({ retry: false });
    const then = (): never => {
      throw RESET;
    };
    const result = await settle(() => thenable(then));
    expect(result).toEqual({ status: 'rejected', reason: RESET });
    expect(recorded.of('payments.get try')).toEqual(['payments.get try failed ECONNRESET']);
    expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0 } });
  });
});

describe('what is recorded', () => {
  it('resilience rule 16: each try, the fallback, and once the outcome with its reason', async () => {
    const { clock, recorded, settle } = setUp({}, { fallback: () => Promise.reject(RESET) });
    const result = settle(fail);
    await clock.advance(1_000);
    await result;
    expect(recorded.calls).toEqual([
      'payments.get try failed ECONNRESET',
      'payments.get try failed ECONNRESET',
      'payments.get try failed ECONNRESET',
      'payments.get fallback failed',
      'payments.get outcome retry-failed after 3',
    ]);
  });

  it('resilience rule 16: how long an outage took, from its first failure until the breaker closed', async () => {
    const { clock, pipeline, settle, run } = setUp({ retry: false });
    const transitions: unknown[] = [];
    pipeline.breaker?.subscribe((transition) => transitions.push(transition));
    await clock.advance(1_000);
    for (let second = 0; second < 5; second++) {
      await settle(fail);
      await clock.advance(1_000);
    }
    await clock.advance(5_000);
    for (let probe = 0; probe < 3; probe++) await run(succeed);
    expect(transitions).toMatchObject([
      { to: 'open', reason: 'consecutive-failures', at: 5_000 },
      { to: 'half-open', reason: 'open-time-over', at: 11_000 },
      { to: 'closed', reason: 'half-open-success', at: 11_000, recoveryMs: 10_000 },
    ]);
    expect(pipeline.status().breaker).toMatchObject({ lastRecoveryMs: 10_000 });
  });
});
