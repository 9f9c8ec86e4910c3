import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { StagedChaos } from './chaos/staged-chaos.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { PipelineOptions } from './resilience.options.js';

function create(options: PipelineOptions = {}): ResiliencePipeline {
  return new ResiliencePipeline('cache', { limiter: false, ...options }, new FakeClock());
}

describe('ResiliencePipeline.isClear', () => {
  it('is true where nothing stands before a call', () => {
    expect(create().isClear).toBe(true);
    expect(create({ breaker: false, retry: false }).isClear).toBe(true);
  });

  it.each<[string, PipelineOptions]>([
    ['a limiter', { limiter: {} }],
    [
      'a policy of the application',
      { policies: [{ execute: async (work, signal) => work({ signal: signal! }) }] },
    ],
  ])('is false with %s', (_what, options) => {
    expect(create(options).isClear).toBe(false);
  });

  it('is false while chaos is staged', () => {
    const chaos = new StagedChaos({ clock: new FakeClock(), environment: {} });
    const pipeline = create({ chaos });
    expect(pipeline.isClear).toBe(true);
    chaos.stage({ fault: new Error('staged') });
    expect(pipeline.isClear).toBe(false);
  });

  it('is false while the breaker is open', () => {
    const pipeline = create();
    pipeline.breaker?.isolate();
    expect(pipeline.isClear).toBe(false);
    pipeline.breaker?.reset();
    expect(pipeline.isClear).toBe(true);
  });
});
