import { SystemClock } from 'nestjs-mainstay/common';
import { MetricRegistry } from '../src/metrics/metric-registry.js';
import { ResourceUsage } from '../src/monitors/resource-usage.js';

const clock = new SystemClock();
const usage = new ResourceUsage(new MetricRegistry(), clock);
const kept: unknown[] = [];

/** Makes garbage for a while, and keeps a part of it. */
async function load(durationMs: number): Promise<void> {
  const end = clock.now() + durationMs;
  while (clock.now() < end) {
    const objects = Array.from({ length: 50_000 }, (_, index) => ({ index, text: `${index}` }));
    if (kept.length < 20) kept.push(objects);
    await clock.yield();
  }
}

/** Lets nothing else run for a while. */
function block(durationMs: number): void {
  const end = clock.now() + durationMs;
  while (clock.now() < end);
}

usage.start();
await clock.sleep(1_000);
await usage.sample();
const idle = usage.last;
await load(1_500);
block(500);
await clock.sleep(300);
await usage.sample();
process.stdout.write(JSON.stringify({ idle, loaded: usage.last, kept: kept.length }));
usage.stop();
