import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HealthState, ResourceHealth } from '../health/health-state.js';
import { IncidentLog } from '../health/incident-log.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { ErrorMonitor } from '../monitors/error-monitor.js';
import { PerformanceMonitor } from '../monitors/performance-monitor.js';
import { ResourceUsage } from '../monitors/resource-usage.js';
import { StatusLogger } from '../status-logger.js';
import { StatusManager } from '../status.service.js';
import { StatusHistory } from './status-history.js';
import { HISTORY_POINTS } from './time-axis.js';

const INTERVAL_MS = 5_000;
/** Wall time at 0 of the clock. */
const START = 1_767_225_600_000;
const FAILED = { kind: 'unavailable', type: 'ECONNREFUSED' } as const;

let clock: FakeClock;
let status: StatusManager;
let history: StatusHistory;
const states = new Map<string, HealthState>();

beforeEach(() => {
  clock = new FakeClock(START);
  const metrics = new MetricRegistry();
  const logger = new StatusLogger(clock);
  const performance = new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock));
  const incidents = new IncidentLog(clock);
  const errors = new ErrorMonitor(metrics, logger, clock);
  const parts = { clock, metrics, performance, errors, incidents, logger };
  status = new StatusManager({ ...parts, maxOperations: 200 });
  states.clear();
  states.set('cache', 'up');
  const all = (): ResourceHealth[] =>
    [...states].map(([name, state]) => ({ name, state, criticality: 'degradable', since: 0 }));
  history = new StatusHistory({ clock, status, health: { all } });
  history.onApplicationBootstrap();
});

/** Calls of an operation, each of so many milliseconds. */
function calls(operation: string, count: number, durationMs: number): void {
  const recorder = status.bind('cache', operation);
  for (let call = 0; call < count; call++) {
    recorder.recordAttempt();
    recorder.recordSuccess(durationMs);
  }
}

function last(): Record<string, number | null | undefined> {
  const { cache } = history.report().resources;
  return Object.fromEntries(
    Object.entries(cache ?? {}).map(([name, values]) => [name, values.at(-1)]),
  );
}

describe('StatusHistory', () => {
  it('status rule 13: a point tells what happened since the point before', async () => {
    calls('get', 40, 2);
    calls('set', 10, 40);
    const failing = status.bind('cache', 'set');
    for (let call = 0; call < 50; call++) {
      failing.recordAttempt();
      failing.recordFailure(1, FAILED);
    }
    await clock.advance(INTERVAL_MS);
    expect(last()).toMatchObject({ operationsPerSecond: 20, errorShare: 0.5, state: 0 });
    // 40 of the 50 that succeeded took 2 ms, the slowest 40 ms.
    expect(last()['p50Ms']).toBeGreaterThan(1);
    expect(last()['p50Ms']).toBeLessThanOrEqual(2.5);
    expect(last()['p99Ms']).toBeGreaterThan(25);
    expect(last()['p99Ms']).toBeLessThanOrEqual(50);

    calls('get', 5, 200);
    states.set('cache', 'down');
    await clock.advance(INTERVAL_MS);
    expect(last()).toMatchObject({ operationsPerSecond: 1, errorShare: 0, state: 2 });
    expect(last()['p50Ms']).toBeGreaterThan(100);
  });

  it('status rule 13: without calls there is a rate of 0, and neither a share nor a percentile', async () => {
    await clock.advance(INTERVAL_MS);
    expect(last()).toEqual({
      operationsPerSecond: 0,
      errorShare: null,
      p50Ms: null,
      p99Ms: null,
      state: 0,
    });
  });

  it('status rule 13: points carry the wall time of their sample', async () => {
    await clock.advance(3 * INTERVAL_MS);
    expect(history.report().at).toEqual([START + 5_000, START + 10_000, START + 15_000]);
  });

  it('status rule 13: what was missed while the process stood still is a gap, not a value', async () => {
    await clock.advance(INTERVAL_MS);
    calls('get', 600, 2);
    // The timer of a process that stood still for a minute fires once, late.
    const paused = new StatusHistory({
      clock,
      status,
      health: { all: () => [{ name: 'cache', state: 'up', criticality: 'degradable', since: 0 }] },
    });
    paused.sample();
    await clock.advance(60_000);
    paused.sample();
    const { at, process, resources } = paused.report();
    const cache = resources['cache'];
    expect(at).toEqual([START + 5_000, ...Array<null>(11).fill(null), START + 65_000]);
    expect(cache?.operationsPerSecond.slice(1)).toEqual([...Array<null>(11).fill(null), 0]);
    expect(cache?.state).toEqual([0, ...Array<null>(11).fill(null), 0]);
    expect(process.rssBytes.slice(1, 12)).toEqual(Array<null>(11).fill(null));
  });

  it('status rule 13: keeps ten minutes, and lets go of what is older', async () => {
    calls('get', 100, 2);
    await clock.advance(INTERVAL_MS);
    await clock.advance((HISTORY_POINTS - 1) * INTERVAL_MS);
    const full = history.report();
    expect(full.at).toHaveLength(HISTORY_POINTS);
    expect(full.resources['cache']?.operationsPerSecond[0]).toBe(20);
    await clock.advance(INTERVAL_MS);
    const { at, resources } = history.report();
    expect(at).toHaveLength(HISTORY_POINTS);
    expect(at[0]).toBe(START + 10_000);
    expect(at.at(-1)).toBe(START + 605_000);
    expect(resources['cache']?.operationsPerSecond[0]).toBe(0);
  });

  it('status rule 13: calls of a long start are in no point', async () => {
    history.beforeApplicationShutdown();
    calls('get', 10_000, 900);
    await clock.advance(60_000);
    history.onApplicationBootstrap();
    calls('get', 10, 2);
    await clock.advance(INTERVAL_MS);
    expect(last()).toMatchObject({ operationsPerSecond: 2, errorShare: 0 });
    expect(last()['p99Ms']).toBeLessThan(3);
  });

  it('status rule 13: a resource that came later has no past', async () => {
    await clock.advance(2 * INTERVAL_MS);
    states.set('storage', 'degraded');
    await clock.advance(INTERVAL_MS);
    expect(history.report().resources['storage']?.state).toEqual([null, null, 1]);
  });

  it('status rule 13: shows the process', async () => {
    await status.performance.usage.sample();
    await clock.advance(INTERVAL_MS);
    const { process } = history.report();
    expect(process.rssBytes).toHaveLength(1);
    expect(process.rssBytes[0]).toBeGreaterThan(1_000_000);
    expect(process.heapUsedBytes[0]).toBeLessThan(process.rssBytes[0] ?? 0);
    expect(process.eventLoopP99Ms[0]).toBeGreaterThanOrEqual(0);
    expect(process.cpuShare[0]).not.toBeNull();
  });

  it('status rule 13: its JSON is bounded, whatever happened', async () => {
    for (let resource = 0; resource < 10; resource++)
      states.set(`resource-${resource}`, 'degraded');
    for (let point = 0; point < HISTORY_POINTS + 10; point++) {
      calls('get', 1_234, 12.345_678);
      await clock.advance(INTERVAL_MS);
    }
    const { resources, ...rest } = history.report();
    expect(JSON.stringify(rest).length).toBeLessThan(8_000);
    for (const one of Object.values(resources))
      expect(JSON.stringify(one).length).toBeLessThan(4_500);
  });

  it('status rule 13: ends with the application', () => {
    history.beforeApplicationShutdown();
    expect(clock.pending.all).toBe(0);
  });
});
