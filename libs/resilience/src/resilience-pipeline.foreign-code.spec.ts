import { Logger } from '@nestjs/common';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import type { CallObserver } from './call-observer.js';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

function setUp(
  pipelineOptions: PipelineOptions = {},
  options: OperationOptions<string, string> = {},
  observer?: CallObserver,
) {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const pipeline = new ResiliencePipeline('payments', pipelineOptions, clock);
  const operation = pipeline.bind(
    'get',
    { idempotent: true, ...options },
    recorded.bind('payments', 'get'),
    observer,
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
describe('what foreign code gets wrong', () => {
  it('resilience rule 21: asks a thenable once, also when it times out: it may be a query that is sent each time', async () => {
    const { clock, settle } = setUp({ tryTimeoutMs: 100, retry: false });
    const then = vi.fn(() => undefined);
    const query = {};
    Reflect.set(query, 'then', then);
    const result = settle(() => query as Promise<string>);
    await clock.advance(100);
    expect(await result).toMatchObject({ reason: { code: 'OPERATION_TIMEOUT' } });
    await clock.settle();
    expect(then).toHaveBeenCalledTimes(1);
  });

  it('takes a value that throws when it is looked at for a failed try', async () => {
    const { pipeline, settle } = setUp({ retry: false });
    const get = (): never => {
      throw RESET;
    };
    const value = new Proxy({}, { get });
    expect(await settle(() => value as never)).toMatchObject({ reason: RESET });
    expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0 } });
  });

  it("resilience rule 7: a part whose caller's deadline is over says nothing about the dependency", async () => {
    const { clock, pipeline, settle } = setUp({ retry: false }, { breaker: false });
    await clock.advance(1000);
    for (let call = 0; call < 20; call++) await settle(succeed, { deadline: 0 });
    expect(pipeline.breaker?.state).toBe('closed');
  });

  it('resilience rule 7: a deadline that is no number says nothing about the dependency', async () => {
    const { pipeline, settle } = setUp({ retry: false });
    const work = vi.fn<() => Promise<string>>(succeed);
    for (let call = 0; call < 20; call++) await settle(work, { deadline: NaN });
    expect(work).not.toHaveBeenCalled();
    expect(pipeline.breaker?.state).toBe('closed');
  });

  it.each(['begun', 'succeeded', 'failed'] as const)(
    'resilience rule 17: an observer whose `%s` throws changes no outcome',
    async (which) => {
      const observer: CallObserver = {
        begun: () => undefined,
        succeeded: () => undefined,
        failed: () => undefined,
        [which]: () => {
          throw new Error('observer');
        },
      };
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { pipeline, settle } = setUp({ retry: false }, {}, observer);
      expect(await settle(succeed)).toMatchObject({ value: 'value' });
      expect(await settle(() => 'value')).toMatchObject({ value: 'value' });
      expect(await settle(fail)).toMatchObject({ reason: RESET });
      expect(pipeline.status()).toMatchObject({ inFlight: 0, limiter: { inFlight: 0 } });
    },
  );
});
