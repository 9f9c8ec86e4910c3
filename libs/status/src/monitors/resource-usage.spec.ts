import { mkdir, mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeExposition } from '../metrics/exposition.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { ResourceUsage } from './resource-usage.js';
import { SystemUsage } from './system-usage.js';

const onLinux = process.platform === 'linux';
let clock: FakeClock;
let metrics: MetricRegistry;
const opened: FileHandle[] = [];
const roots: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  metrics = new MetricRegistry();
});
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close();
  for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

async function plant(limits: string, openFiles: number): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'proc-'));
  roots.push(root);
  await mkdir(join(root, 'proc/self/fd'), { recursive: true });
  await mkdir(join(root, 'sys/fs/cgroup'), { recursive: true });
  await writeFile(join(root, 'proc/self/limits'), limits);
  await writeFile(join(root, 'proc/self/cgroup'), '0::/\n');
  await writeFile(join(root, 'sys/fs/cgroup/memory.max'), '1048576\n');
  for (let fd = 0; fd <= openFiles; fd++) await writeFile(join(root, `proc/self/fd/${fd}`), '');
  return root;
}

async function scrape(): Promise<string> {
  return Buffer.concat(await writeExposition(metrics.collect(), 'prometheus', clock)).toString();
}

describe('ResourceUsage', () => {
  it('status rule 12: shows what is used beside its limit', async () => {
    const root = await plant('Max open files            1024      4096      files\n', 7);
    const usage = new ResourceUsage(metrics, clock, new SystemUsage(root));
    await usage.sample();
    expect(usage.last).toMatchObject({
      memoryLimitBytes: 1_048_576,
      openDescriptors: 7,
      maxDescriptors: 1_024,
    });
    expect(usage.last?.heapLimitBytes).toBeGreaterThan(usage.last?.heapUsedBytes ?? Infinity);
    const text = await scrape();
    for (const line of [
      'process_memory_limit_bytes 1048576',
      'process_open_fds 7',
      'process_max_fds 1024',
      `nodejs_heap_size_limit_bytes ${usage.last?.heapLimitBytes}`,
    ])
      expect(text).toContain(`\n${line}\n`);
  });

  it('status rule 12: what the system does not tell has no series', async () => {
    const root = await mkdtemp(join(tmpdir(), 'proc-'));
    roots.push(root);
    const usage = new ResourceUsage(metrics, clock, new SystemUsage(root));
    await usage.sample();
    expect(Object.keys(usage.last ?? {})).not.toContain('openDescriptors');
    expect(await scrape()).not.toMatch(/process_(?:open_fds|max_fds|memory_limit)/);
  });

  it('status rule 12: a limit that is lifted is no longer told', async () => {
    const root = await plant('Max open files            1024      4096      files\n', 7);
    const usage = new ResourceUsage(metrics, clock, new SystemUsage(root));
    await usage.sample();
    await writeFile(
      join(root, 'proc/self/limits'),
      'Max open files   unlimited  unlimited files\n',
    );
    await usage.sample();
    expect(usage.last?.maxDescriptors).toBeUndefined();
    expect(await scrape()).toContain('\nprocess_max_fds NaN\n');
  });

  it.runIf(onLinux)('status rule 12: descriptors that are open are counted', async () => {
    const usage = new ResourceUsage(metrics, clock);
    await usage.sample();
    const before = usage.last?.openDescriptors ?? NaN;
    for (let file = 0; file < 200; file++) opened.push(await open('/dev/null'));
    await usage.sample();
    // The runner opens and closes some of its own.
    expect(usage.last?.openDescriptors).toBeGreaterThan(before + 150);
    expect(usage.last?.openDescriptors).toBeLessThan(before + 250);
    expect(usage.last?.maxDescriptors).toBeGreaterThan(200);
  });

  it('status rule 12: a scrape samples nothing', async () => {
    const usage = new ResourceUsage(metrics, clock);
    await usage.sample();
    const before = usage.last;
    await scrape();
    expect(usage.last).toBe(before);
  });

  it('status rule 12: the first share of the CPU leaves out what the process used before, the counter does not', async () => {
    const { user, system } = process.cpuUsage();
    const usedBefore = (user + system) / 1_000_000;
    const usage = new ResourceUsage(metrics, clock);
    await clock.advance(1_000);
    await usage.sample();
    // Of one second of the clock, in which little more than this was done.
    expect(usage.last?.cpuShare).toBeLessThan(usedBefore / 2);
    const counted = /^process_cpu_seconds_total (\S+)$/m.exec(await scrape());
    expect(Number(counted?.[1])).toBeGreaterThanOrEqual(usedBefore);
  });

  it('status rule 12: shares are of the time between two samples', async () => {
    const usage = new ResourceUsage(metrics, clock);
    usage.start();
    await clock.advance(5_000);
    await usage.sample();
    for (const share of [usage.last?.cpuShare, usage.last?.gcShare]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(20);
    }
    expect(usage.last?.eventLoopUtilization).toBeLessThanOrEqual(1);
    usage.stop();
  });
});
