import { Logger } from '@nestjs/common';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CustomPolicy } from '../custom-policy.js';
import type { OperationOptions } from '../operation.js';
import { ResiliencePipeline } from '../resilience-pipeline.js';
import type { PipelineOptions } from '../resilience.options.js';
import { StagedChaos } from './staged-chaos.js';

const AWAY = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

function setUp(options: PipelineOptions = {}, operation: OperationOptions<string, string> = {}) {
  const clock = new FakeClock();
  const chaos = new StagedChaos({ clock, environment: {} });
  const recorded = new RecordedCalls();
  const pipeline = new ResiliencePipeline('stock', { chaos, ...options }, clock);
  const spec = pipeline.bind('count', operation, recorded.bind('stock', 'count'));
  const work = vi.fn<(item: string) => Promise<string>>(async (item) => `real ${item}`);
  const run = (signal?: AbortSignal) => pipeline.run(spec, work, 'x', { signal });
  return { clock, chaos, recorded, pipeline, work, run };
}

/** Runs calls whose waits the clock ends. */
async function settle<T>(clock: FakeClock, call: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [[result]] = await Promise.all([Promise.allSettled([call]), clock.advance(60_000)]);
  return result;
}

describe('resilience rule 1: staged chaos is the innermost layer, just around the work', () => {
  beforeEach(() => void vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('is not asked while nothing is staged', async () => {
    const { chaos, run } = setUp();
    const asked = vi.spyOn(chaos, 'run');
    expect(await run()).toBe('real x');
    expect(asked).not.toHaveBeenCalled();
  });

  it('inside the try timeout: a latency that is longer is a timeout of the dependency, and the work is not executed', async () => {
    const { chaos, run, clock, work, recorded } = setUp({ tryTimeoutMs: 100, retry: false });
    chaos.stage({ latencyMs: 5_000 });
    const result = expect(run()).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
    await clock.advance(200);
    await result;
    await clock.advance(60_000);
    expect(work).not.toHaveBeenCalled();
    expect(clock.pending.all).toBe(0);
    expect(recorded.of('stock.count try')).toEqual(['stock.count try failed OPERATION_TIMEOUT']);
  });

  it('inside the retries: a fault that passes is recovered from, and each try meets what is staged', async () => {
    const { chaos, run, clock, work, recorded } = setUp({}, { idempotent: true });
    chaos.stage({ fault: AWAY, times: 2 });
    expect(await settle(clock, run())).toMatchObject({ value: 'real x' });
    expect([chaos.hits, work.mock.calls.length]).toEqual([2, 1]);
    expect(recorded.calls).toContain('stock.count outcome recovered after 3');
  });

  it('tells its predicate which try it is', async () => {
    const { chaos, run, clock } = setUp({}, { idempotent: true });
    const tries: number[] = [];
    chaos.stage({ fault: AWAY, when: ({ tryNumber }) => tries.push(tryNumber) < 2 });
    expect(await settle(clock, run())).toMatchObject({ value: 'real x' });
    expect(tries).toEqual([1, 2]);
  });

  it('inside the breaker: its faults open it, and an open one keeps calls from it', async () => {
    const { chaos, run, pipeline } = setUp({ retry: false });
    chaos.stage({ fault: AWAY });
    for (let call = 0; call < 10; call++) await expect(run()).rejects.toBe(AWAY);
    expect(pipeline.breaker?.state).toBe('open');
    await expect(run()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(chaos.hits).toBe(10);
  });

  it('inside the limiter: its latencies hold slots, and a rejected call does not reach it', async () => {
    const { chaos, run, clock } = setUp({
      limiter: { maxConcurrent: 1, maxQueue: 0 },
      retry: false,
    });
    chaos.stage({ latencyMs: 1_000 });
    const first = run();
    await expect(run()).rejects.toMatchObject({ code: 'LIMITER_FULL' });
    expect(chaos.hits).toBe(1);
    await clock.advance(1_000);
    expect(await first).toBe('real x');
  });

  it("inside the application's own policies, which see its faults", async () => {
    const seen: unknown[] = [];
    const policy: CustomPolicy = {
      execute: async (work, signal = new AbortController().signal) => {
        try {
          return await work({ signal });
        } catch (error) {
          seen.push(error);
          throw error;
        }
      },
    };
    const { chaos, run } = setUp({ policies: [policy], retry: false });
    chaos.stage({ fault: AWAY });
    await expect(run()).rejects.toBe(AWAY);
    expect(seen).toEqual([AWAY]);
  });

  it('inside the fallback, which stands in for its faults', async () => {
    const { chaos, run, recorded } = setUp(
      { retry: false },
      { fallback: (_error, x) => `last ${x}` },
    );
    chaos.stage({ fault: AWAY });
    expect(await run()).toBe('last x');
    expect(recorded.calls).toContain('stock.count outcome using-fallback after 1');
  });

  it('inside the recording: a staged result is a success of the operation', async () => {
    const { chaos, run, recorded } = setUp();
    chaos.stage({ result: 'staged' });
    expect(await run()).toBe('staged');
    expect(recorded.of('stock.count try')).toEqual(['stock.count try passed']);
  });

  it("resilience rule 7: the caller's abort cuts its latency at once, and leaves no timer", async () => {
    const { chaos, run, clock, work } = setUp();
    chaos.stage({ latencyMs: 5_000 });
    const caller = new AbortController();
    const result = expect(run(caller.signal)).rejects.toMatchObject({
      code: 'OPERATION_CANCELLED',
    });
    await clock.settle();
    caller.abort();
    await result;
    expect(clock.now()).toBe(0);
    await clock.advance(10_000);
    expect(work).not.toHaveBeenCalled();
    expect(clock.pending.all).toBe(0);
  });
});
