import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { NoopRecorder } from './noop-recorder.js';
import { pipelinePresets, type PipelinePreset } from './pipeline-presets.js';
import { ResiliencePipeline } from './resilience-pipeline.js';

const names = Object.keys(pipelinePresets) as PipelinePreset[];

/** When a read that hangs at every try is given up, and after how many tries. */
async function hang(preset: PipelinePreset): Promise<{ firstMs: number; totalMs: number }> {
  const clock = new FakeClock();
  const pipeline = new ResiliencePipeline(preset, pipelinePresets[preset], clock);
  const read = pipeline.bind('read', { idempotent: true }, new NoopRecorder().bind(preset, 'read'));
  const tries: number[] = [];
  let endedAt = NaN;
  const work = (): Promise<never> => {
    tries.push(clock.now());
    return new Promise(() => undefined);
  };
  const ended = pipeline.run(read, work, undefined).catch(() => (endedAt = clock.now()));
  await clock.advance(60_000);
  await ended;
  // The fake clock's randomness is 0.5: half of the first back-off's 50 ms.
  return { firstMs: (tries[1] ?? endedAt) - 25, totalMs: endedAt };
}

describe('pipelinePresets', () => {
  it.each([
    ['cache', 250, 1_000],
    ['database', 10_000, 15_000],
    ['storage', 10_000, 30_000],
    ['http', 10_000, 30_000],
  ] as const)(
    'resilience rule 6: %s gives up a try after %i ms',
    async (preset, tryMs, totalMs) => {
      expect(pipelinePresets[preset]).toEqual({ tryTimeoutMs: tryMs, totalTimeoutMs: totalMs });
      const { firstMs, totalMs: ended } = await hang(preset);
      // Without jitter (the fake clock's randomness is 0.5), the first back-off is 25 ms.
      expect(firstMs).toBe(tryMs);
      expect(ended).toBeLessThanOrEqual(totalMs);
    },
  );

  it.each(names)('%s is accepted by a pipeline as it is', (preset) => {
    expect(new ResiliencePipeline(preset, pipelinePresets[preset]).breaker).toBeDefined();
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(pipelinePresets)).toBe(true);
    for (const name of names) expect(Object.isFrozen(pipelinePresets[name])).toBe(true);
  });
});
