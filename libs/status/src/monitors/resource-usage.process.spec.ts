import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { UsageSample } from './resource-usage.js';

const runner = fileURLToPath(new URL('../../../../test/support/run-source.mjs', import.meta.url));
const source = fileURLToPath(new URL('../../test/loaded-process.ts', import.meta.url));
const exhausted = fileURLToPath(new URL('../../test/exhausted-process.ts', import.meta.url));
const onLinux = process.platform === 'linux';

interface Samples {
  readonly idle: UsageSample;
  readonly loaded: UsageSample;
}

describe('ResourceUsage in a process', { timeout: 60_000 }, () => {
  it('status rule 12: sees garbage collections, a full heap, and an event loop that is held', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [runner, source]);
    const { idle, loaded } = JSON.parse(stdout) as Samples;
    expect(loaded.gcShare).toBeGreaterThan(0.01);
    expect(loaded.gcShare).toBeGreaterThan(idle.gcShare);
    // A million objects are kept.
    expect(loaded.heapUsedBytes - idle.heapUsedBytes).toBeGreaterThan(30_000_000);
    expect(loaded.heapUsedBytes).toBeLessThan(loaded.heapLimitBytes);
    expect(loaded.eventLoopUtilization).toBeGreaterThan(idle.eventLoopUtilization);
    expect(loaded.eventLoopUtilization).toBeGreaterThan(0.5);
    expect(loaded.eventLoopDelayMs.max).toBeGreaterThan(300);
    expect(loaded.cpuShare).toBeGreaterThan(idle.cpuShare);
  });

  it.runIf(onLinux)('status rule 12: samples on when no descriptor is left', async () => {
    const limited = 'ulimit -n 256 && exec "$0" "$@"';
    const command = ['-c', limited, process.execPath, runner, exhausted];
    const { stdout } = await promisify(execFile)('bash', command);
    const samples = JSON.parse(stdout) as Record<'before' | 'exhausted', UsageSample>;
    expect(samples.before.openDescriptors).toBeLessThan(256);
    expect(samples.exhausted).toMatchObject({ openDescriptors: 256, maxDescriptors: 256 });
    expect(samples.exhausted.rssBytes).toBe(samples.before.rssBytes);
    expect(samples.exhausted.heapUsedBytes).not.toBe(samples.before.heapUsedBytes);
  });
});
