import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

function setUp(
  pipelineOptions: PipelineOptions = {},
  options: OperationOptions<string, string> = {},
) {
  const clock = new FakeClock();
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
const hang = () => new Promise<string>(() => undefined);

function controlled() {
  const ends: (() => void)[] = [];
  const work = vi.fn<() => Promise<string>>(
    () => new Promise((resolve) => ends.push(() => resolve('value'))),
  );
  return { work, ends };
}

describe('calls that are cut', () => {
  it('resilience rule 11: a call that waits for a slot is rejected if the breaker has opened meanwhile', async () => {
    const { clock, pipeline, run, settle } = setUp({ limiter: { maxConcurrent: 1 }, retry: false });
    const { work, ends } = controlled();
    const held = run(work);
    const other = vi.fn<() => Promise<string>>(succeed);
    const waiting = settle(other);
    await clock.settle();
    pipeline.breaker?.isolate();
    ends[0]?.();
    await held;
    expect(await waiting).toMatchObject({ reason: { code: 'CIRCUIT_OPEN' } });
    expect(other).not.toHaveBeenCalled();
    expect(pipeline.status().limiter?.inFlight).toBe(0);
  });

  it('resilience rule 15: gives its slot back when its caller aborts in the moment in which it gets it', async () => {
    const { clock, pipeline, run, settle } = setUp({ limiter: { maxConcurrent: 1 }, retry: false });
    const { work, ends } = controlled();
    const held = run(work);
    const controller = new AbortController();
    const other = vi.fn<() => Promise<string>>(succeed);
    const waiting = settle(other, { signal: controller.signal });
    await clock.settle();
    ends[0]?.();
    await held;
    controller.abort();
    await waiting;
    expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0, queued: 0 } });
  });

  it('resilience rule 19: metricsOnly() cuts no back-off', async () => {
    const { clock, pipeline, recorded, settle } = setUp();
    let tries = 0;
    const result = settle(() => (++tries === 1 ? fail() : succeed()));
    await clock.settle();
    pipeline.breaker?.metricsOnly();
    await clock.advance(1000);
    expect(await result).toMatchObject({ value: 'value' });
    expect(recorded.of('payments.get outcome')).toEqual(['payments.get outcome recovered after 2']);
  });

  it("resilience rule 7: its caller's abort during a fallback cancels the call", async () => {
    const { clock, recorded, settle } = setUp({ retry: false }, { fallback: hang });
    const controller = new AbortController();
    const result = settle(fail, { signal: controller.signal });
    await clock.settle();
    controller.abort();
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_CANCELLED' } });
    expect(recorded.of('payments.get outcome')).toEqual(['payments.get outcome cancelled after 1']);
  });

  it('resilience rule 21: a fallback that answers at once costs no timer', async () => {
    const { clock, settle } = setUp({ retry: false }, { fallback: () => 'copy' });
    const scheduled = vi.spyOn(clock, 'schedule');
    expect(await settle(() => Promise.reject(RESET))).toMatchObject({ value: 'copy' });
    const ofTry = 1;
    expect(scheduled.mock.calls.length).toBeLessThanOrEqual(ofTry);
  });

  it('resilience rule 7: of several fallbacks each is asked once, when the one before it failed', async () => {
    const asked: string[] = [];
    const failing = (name: string, how: 'throws' | 'rejects') => (): Promise<string> => {
      asked.push(name);
      if (how === 'throws') throw RESET;
      return Promise.reject(RESET);
    };
    const last = async (): Promise<string> => {
      asked.push('last');
      return 'copy';
    };
    const fallback = [failing('first', 'throws'), failing('second', 'rejects'), last];
    const { settle } = setUp({ retry: false }, { fallback });
    expect(await settle(fail)).toMatchObject({ value: 'copy' });
    expect(asked).toEqual(['first', 'second', 'last']);
  });

  it('resilience rule 7: a fallback that aborts its caller and then fails leaves nothing unhandled', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const controller = new AbortController();
    const fallback = async (): Promise<string> => {
      controller.abort();
      throw RESET;
    };
    const { clock, settle } = setUp({ retry: false }, { fallback });
    const result = settle(fail, { signal: controller.signal });
    await clock.settle();
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_CANCELLED' } });
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('resilience rule 20: a fallback that runs at the end of the drain is cancelled', async () => {
    const { clock, pipeline, settle } = setUp({ retry: false }, { fallback: hang });
    const result = settle(fail);
    await clock.settle();
    pipeline.shutdown();
    const drained = pipeline.drain(100);
    await clock.advance(100);
    expect(await drained).toBe(false);
    await clock.settle();
    expect(pipeline.status().inFlight).toBe(0);
    expect(await result).toMatchObject({ reason: { context: { reason: 'shutdown' } } });
  });

  it('resilience rule 21: calls share a timer also where the whole has no more time than a try', async () => {
    const { clock, run } = setUp({ tryTimeoutMs: 10_000, totalTimeoutMs: 10_000 });
    await clock.advance(1_000_000.1);
    let timers = 0;
    for (let i = 0; i < 100; i++) {
      await clock.advance(0.123);
      void run(hang);
      timers = Math.max(timers, clock.pending.all);
    }
    expect(timers).toBeLessThanOrEqual(2);
  });

  it('resilience rule 10: a part that began in an earlier state of the breaker does not reopen it', async () => {
    const { clock, pipeline, settle } = setUp({ retry: false }, { breaker: false });
    const breaker = pipeline.breaker!;
    const end = new AbortController();
    const part = settle(() => clock.sleep(8_000, end.signal).then(succeed));
    for (let call = 0; call < 10; call++) breaker.recordProbe(false);
    await clock.advance(6_000);
    breaker.admit();
    end.abort(RESET);
    expect(await part).toMatchObject({ reason: RESET });
    expect(breaker.state).toBe('half-open');
  });
});
