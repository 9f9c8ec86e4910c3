import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

/** A pipeline on a fake clock with one operation `cache.get`, whose work mostly answers at once. */
function setUp(
  pipelineOptions: PipelineOptions = {},
  options: OperationOptions<string, string> = {},
) {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const pipeline = new ResiliencePipeline('cache', pipelineOptions, clock);
  const operation = pipeline.bind(
    'get',
    { idempotent: true, ...options },
    recorded.bind('cache', 'get'),
  );
  const execute = (work: Work<string, string>, call?: CallOptions) =>
    pipeline.execute(operation, work, 'key', call);
  const settle = async (work: Work<string, string>, call?: CallOptions) => {
    const [result] = await Promise.allSettled([execute(work, call)]);
    return result;
  };
  return { clock, recorded, pipeline, execute, settle };
}

const hit = (): string => 'value';

/** Work that ends when the test says so. */
function controlled() {
  const ends: (() => void)[] = [];
  const work = (): Promise<string> => new Promise((resolve) => ends.push(() => resolve('value')));
  return { work, ends };
}

describe('a call that uses the objects of one that ended at once', () => {
  it('resilience rule 15: gives no slot back that it does not have, when the breaker rejects it', async () => {
    const { pipeline, execute, settle } = setUp();
    void execute(hit);
    pipeline.breaker?.isolate();
    expect(await settle(hit)).toMatchObject({ reason: { code: 'CIRCUIT_OPEN' } });
    expect(pipeline.status().limiter?.inFlight).toBe(0);
  });

  it('resilience rule 15: gives no slot of another call back, when the limiter is full', async () => {
    const limiter = { maxConcurrent: 1, maxQueue: 0 };
    const { pipeline, execute, settle } = setUp({ limiter, retry: false });
    const { work, ends } = controlled();
    void execute(hit);
    const held = pipeline.run(pipeline.bind<string, string>('other'), work, 'key');
    expect(await settle(hit)).toMatchObject({ reason: { code: 'LIMITER_FULL' } });
    expect(pipeline.status().limiter?.inFlight).toBe(1);
    ends[0]?.();
    await held;
    expect(pipeline.status().limiter?.inFlight).toBe(0);
  });

  it("resilience rule 7: is no failure of the dependency, when its caller's deadline is over", async () => {
    const { clock, pipeline, execute, settle } = setUp();
    await clock.advance(1_000);
    void execute(hit);
    for (let call = 0; call < 20; call++) {
      await settle(hit, { deadline: 0 });
      void execute(hit);
    }
    expect(pipeline.breaker?.state).toBe('closed');
    expect(pipeline.status().limiter?.inFlight).toBe(0);
  });

  it('resilience rule 16: records no try where nothing was executed', async () => {
    const { pipeline, recorded, execute, settle } = setUp();
    void execute(hit);
    pipeline.breaker?.isolate();
    await settle(hit);
    expect(recorded.of('cache.get try')).toHaveLength(1);
  });

  it('resilience rule 16: is not the one that was refused first and answered at once when tried again', async () => {
    const limiter = { maxConcurrent: 1, maxQueue: 0 };
    const { clock, pipeline, recorded, execute, settle } = setUp({ limiter });
    const { work, ends } = controlled();
    const held = execute(work);
    const refused = settle(hit);
    await clock.settle();
    ends[0]?.();
    await held;
    await clock.advance(1_000);
    expect(await refused).toMatchObject({ value: 'value' });
    expect(recorded.of('cache.get outcome')).toEqual(['cache.get outcome recovered after 1']);
    void execute(hit);
    expect(pipeline.status().inFlight).toBe(0);
  });
});
