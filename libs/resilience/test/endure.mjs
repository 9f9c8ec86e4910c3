import { getEventListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { SystemClock } from 'nestjs-mainstay/common';
import { MixedCalls } from './mixed-calls.ts';

/**
 * A process that makes `CALLS` calls, `TOGETHER` at a time: `node --expose-gc run-source.mjs endure.mjs`. Prints as JSON
 * how they ended and what they left behind.
 */
const count = Number(process.env.CALLS);
const together = Number(process.env.TOGETHER);
/** Longer than a timed-out call keeps its slot, and than the last timer of a queue. */
const REST_MS = 200;

/** Counts the timers that have neither fired nor been cancelled, those that hold no process included. */
class CountingClock extends SystemClock {
  timers = new Set();

  schedule(callback, delayMs, options) {
    const fire = () => {
      this.timers.delete(timer);
      callback();
    };
    const timer = super.schedule(fire, delayMs, options);
    this.timers.add(timer);
    return {
      cancel: () => {
        this.timers.delete(timer);
        timer.cancel();
      },
    };
  }
}

const warnings = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));
const clock = new CountingClock();
const calls = new MixedCalls(clock);
// What is made only once is there after this.
await calls.start(2_000);
await setTimeout(REST_MS);
const heapBefore = usedHeap();
const outcomes = {};
for (let started = 0; started < count; started += together) {
  for (const [outcome, times] of Object.entries(await calls.start(together))) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
  }
}
await setTimeout(REST_MS);
const report = {
  outcomes,
  warnings,
  timers: clock.timers.size,
  listeners: getEventListeners(calls.signal, 'abort').length,
  heapGrowth: usedHeap() - heapBefore,
  inFlight: calls.pipeline.status().inFlight,
  slots: calls.pipeline.status().limiter.inFlight,
};
process.stdout.write(`${JSON.stringify(report)}\n`);

function usedHeap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
