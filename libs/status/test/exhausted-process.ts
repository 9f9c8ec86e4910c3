import { closeSync, openSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { SystemClock } from 'nestjs-mainstay/common';
import { MetricRegistry } from '../src/metrics/metric-registry.js';
import { ResourceUsage } from '../src/monitors/resource-usage.js';

// Its lines would be among the numbers.
Logger.overrideLogger(false);
const usage = new ResourceUsage(new MetricRegistry(), new SystemClock());
const opened: number[] = [];

/** Takes all descriptors that are left. */
function exhaust(): void {
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
}

await usage.sample();
const before = usage.last;
exhaust();
await usage.sample();
const exhausted = usage.last;
for (const descriptor of opened) closeSync(descriptor);
process.stdout.write(JSON.stringify({ before, exhausted }));
