import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { MixedCalls, TIMEOUT_MS } from '../test/mixed-calls.js';

const CALLS = 155_000;
const runner = fileURLToPath(new URL('../../../test/support/run-source.mjs', import.meta.url));
const endure = fileURLToPath(new URL('../test/endure.mjs', import.meta.url));

/** The smallest thing that a call could leave behind takes 16 bytes; what one process differs by is far below this. */
const LEFT_BY_EVERY_CALL = CALLS * 16;

/** What calls left behind in a process of their own. */
interface Endured {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly timers: number;
  readonly listeners: number;
  readonly heapGrowth: number;
  readonly inFlight: number;
  readonly slots: number;
}

/** The ends of calls as MixedCalls mixes them. */
function mixed(calls: number): Record<string, number> {
  const tenth = calls / 10;
  return {
    1: 5 * tenth,
    ECONNRESET: 2 * tenth,
    OPERATION_TIMEOUT: 2 * tenth,
    OPERATION_CANCELLED: tenth,
  };
}

async function endureInProcess(calls: number, together: number): Promise<Endured> {
  const env = { ...process.env, CALLS: String(calls), TOGETHER: String(together) };
  const args = ['--expose-gc', runner, endure];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as Endured;
}

describe('a pipeline that is used for long', { timeout: 120_000 }, () => {
  it('resilience rule 21: 155,000 calls with timeouts leave no timer, no listener and no growth of the heap', async () => {
    const { heapGrowth, ...left } = await endureInProcess(CALLS, 500);
    expect(left).toEqual({
      outcomes: mixed(CALLS),
      warnings: [],
      timers: 0,
      listeners: 0,
      inFlight: 0,
      slots: 0,
    });
    expect(heapGrowth).toBeLessThan(LEFT_BY_EVERY_CALL);
  });

  it('resilience rule 21: 10,000 concurrent calls print no warning and leave nothing behind', async () => {
    const { warnings, outcomes, timers, listeners, slots } = await endureInProcess(10_000, 10_000);
    expect(warnings).toEqual([]);
    expect(outcomes).toEqual(mixed(10_000));
    expect({ timers, listeners, slots }).toEqual({ timers: 0, listeners: 0, slots: 0 });
  });

  it('resilience rule 18: leaves no timer on a clock of its own, neither awaited nor background', async () => {
    const clock = new FakeClock();
    const calls = new MixedCalls(clock);
    const started = calls.start(10_000);
    expect(getEventListeners(calls.signal, 'abort')).toHaveLength(1);
    await clock.advance(TIMEOUT_MS);
    expect(await started).toEqual(mixed(10_000));
    await clock.advance(2 * TIMEOUT_MS);
    expect(clock.pending.all).toBe(0);
    expect(getEventListeners(calls.signal, 'abort')).toHaveLength(0);
  });
});
