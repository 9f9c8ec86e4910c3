import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import type { CallObserver } from './call-observer.js';
import { StagedChaos } from './chaos/staged-chaos.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

function setUp(options: PipelineOptions = {}) {
  const clock = new FakeClock();
  const pipeline = new ResiliencePipeline('cache', { limiter: false, ...options }, clock);
  const observer = {
    begun: vi.fn<CallObserver['begun']>(),
    succeeded: vi.fn<CallObserver['succeeded']>(),
    answered: vi.fn<CallObserver['answered']>(),
    failed: vi.fn<CallObserver['failed']>(),
  };
  const operation = pipeline.bind<unknown, unknown>('get', {}, undefined, observer);
  const look = vi.fn<(key: string, now: number) => string | undefined>(() => 'value');
  return { clock, pipeline, operation, observer, look };
}

describe('ResiliencePipeline.peek', () => {
  it('gives what is found at once, and tells of a whole call', async () => {
    const { clock, pipeline, operation, observer, look } = setUp();
    await clock.advance(50);
    expect(pipeline.peek(operation, look, 'key')).toBe('value');
    expect(look.mock.calls).toEqual([['key', 50]]);
    expect(observer.answered.mock.calls).toEqual([['value', 0]]);
    expect(observer.begun).not.toHaveBeenCalled();
  });

  it.each([0, '', false, null])('gives %j too', (value) => {
    const { pipeline, operation } = setUp();
    expect(pipeline.peek(operation, () => value, 'key')).toBe(value);
  });

  it('tells nobody where nothing is found, or the look throws', () => {
    const { pipeline, operation, observer, look } = setUp();
    look.mockReturnValueOnce(undefined).mockImplementationOnce(() => {
      throw REFUSED;
    });
    for (let call = 0; call < 2; call++) {
      expect(pipeline.peek(operation, look, 'key')).toBeUndefined();
    }
    expect(observer.answered).not.toHaveBeenCalled();
  });

  it.each<[string, PipelineOptions]>([
    ['a limiter', { limiter: {} }],
    [
      'a policy of the application',
      { policies: [{ execute: async (work, signal) => work({ signal: signal! }) }] },
    ],
  ])('looks at nothing behind %s', (_what, options) => {
    const { pipeline, operation, look } = setUp(options);
    expect(pipeline.peek(operation, look, 'key')).toBeUndefined();
    expect(look).not.toHaveBeenCalled();
  });

  it('looks at nothing while chaos is staged', () => {
    const chaos = new StagedChaos({ clock: new FakeClock(), environment: {} });
    const { pipeline, operation, look } = setUp({ chaos });
    expect(pipeline.peek(operation, look, 'key')).toBe('value');
    chaos.stage({ fault: REFUSED });
    expect(pipeline.peek(operation, look, 'key')).toBeUndefined();
  });

  it('looks at nothing while the breaker is open', () => {
    const { pipeline, operation, look } = setUp();
    pipeline.breaker?.isolate();
    expect(pipeline.peek(operation, look, 'key')).toBeUndefined();
    pipeline.breaker?.reset();
    expect(pipeline.peek(operation, look, 'key')).toBe('value');
  });

  it('counts for the breaker and the retry budget as a call that succeeded', async () => {
    const { pipeline, operation, look } = setUp({ retry: { maxTries: 2 } });
    for (let call = 0; call < 40; call++) pipeline.peek(operation, look, 'key');
    expect(pipeline.status().budget).toMatchObject({ successes: 40, limit: 4 });
    const fail = (): never => {
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    };
    const once = pipeline.bind<string, string>('set', { maxTries: 1 });
    for (let call = 0; call < 4; call++) {
      await pipeline.run(once, fail, 'key').catch(() => undefined);
      pipeline.peek(operation, look, 'key');
    }
    // Without these successes they would be consecutive, and half of all calls.
    expect(pipeline.breaker?.state).toBe('closed');
  });
});
