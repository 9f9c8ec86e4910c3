import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { Classification } from 'nestjs-mainstay/resilience';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeExposition } from './metrics/exposition.js';
import { IncidentLog } from './health/incident-log.js';
import { MetricRegistry } from './metrics/metric-registry.js';
import { ErrorMonitor } from './monitors/error-monitor.js';
import { PerformanceMonitor } from './monitors/performance-monitor.js';
import { ResourceUsage } from './monitors/resource-usage.js';
import { StatusLogger } from './status-logger.js';
import { StatusManager } from './status.service.js';

const REFUSED: Classification = { kind: 'unavailable', type: 'ECONNREFUSED' };
const OPEN: Classification = { kind: 'rejected', type: 'CIRCUIT_OPEN' };

function spyOnLogger() {
  const spy = (level: 'debug' | 'log' | 'warn' | 'error') =>
    vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  return { debug: spy('debug'), log: spy('log'), warn: spy('warn'), error: spy('error') };
}

let clock: FakeClock;
let logged: ReturnType<typeof spyOnLogger>;
let metrics: MetricRegistry;

beforeEach(() => {
  clock = new FakeClock();
  metrics = new MetricRegistry();
  logged = spyOnLogger();
});

afterEach(() => vi.restoreAllMocks());

function createManager(maxOperations = 200): StatusManager {
  const logger = new StatusLogger(clock);
  const performance = new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock));
  const errors = new ErrorMonitor(metrics, logger, clock);
  const incidents = new IncidentLog(clock);
  const parts = { clock, metrics, performance, errors, incidents, logger, maxOperations };
  return new StatusManager(parts);
}

async function lines(start: string): Promise<string[]> {
  const parts = await writeExposition(metrics.collect(), 'prometheus', clock);
  const text = Buffer.concat(parts).toString();
  return text.split('\n').filter((line) => line.startsWith(start));
}

describe('StatusManager', () => {
  it('status rule 1: binds an operation once', () => {
    const manager = createManager();
    expect(manager.bind('cache', 'get')).toBe(manager.bind('cache', 'get'));
  });

  it('every attempt ends under exactly one outcome, in the status and in the metrics', async () => {
    const ends = ['success', 'hit', 'miss', 'failure', 'rejected', 'cancelled', 'none'] as const;
    const answers = { answer: undefined, 'answer hit': true, 'answer miss': false } as const;
    const isAnswer = (end: string): end is keyof typeof answers => end in answers;
    const kinds = [...ends, 'answer', 'answer hit', 'answer miss'] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds)), async (calls) => {
        metrics = new MetricRegistry();
        const operation = createManager().bind('cache', 'get');
        for (const end of calls) {
          if (isAnswer(end)) {
            operation.recordAnswer(answers[end]);
            continue;
          }
          operation.recordAttempt();
          if (end === 'success') operation.recordSuccess(1);
          if (end === 'hit') operation.recordHit(1);
          if (end === 'miss') operation.recordMiss(1);
          if (end === 'failure') operation.recordFailure(1, REFUSED);
          if (end === 'rejected') operation.recordRejected(1, OPEN);
          if (end === 'cancelled') operation.recordCancelled();
        }
        const count = (...of: string[]) => calls.filter((end) => of.includes(end)).length;
        expect(operation.status()).toEqual({
          resource: 'cache',
          operation: 'get',
          attempts: calls.length,
          successes: count('success', 'hit', 'miss', ...Object.keys(answers)),
          failures: count('failure'),
          rejections: count('rejected'),
          cancellations: count('cancelled'),
          active: count('none'),
        });
        const sum = async (start: string) =>
          (await lines(start)).reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
        const ended = await sum('mainstay_operations_total{');
        expect(ended + (await sum('mainstay_operations_active{'))).toBe(calls.length);
        expect(await sum('mainstay_operation_errors_total{')).toBe(count('failure', 'rejected'));
        expect(await sum('mainstay_cache_requests_total{')).toBe(
          count('hit', 'miss', 'answer hit', 'answer miss'),
        );
        // What asked nobody says nothing about the dependency.
        expect(operation.times.succeededTries).toBe(0);
        expect(operation.times.successTimes.count).toBe(count('success', 'hit', 'miss'));
      }),
      { numRuns: 50 },
    );
  });

  it('gives the status of an operation by its name', () => {
    const manager = createManager();
    manager.bind('cache', 'get').recordAttempt();
    expect(manager.operationStatus('cache', 'get')).toMatchObject({ attempts: 1, active: 1 });
    expect(manager.operationStatus('cache', 'set')).toBeUndefined();
  });

  it('begins an operation, times it, and gives its status when it is complete', async () => {
    const running = createManager().beginOperation('reports', 'render');
    await clock.advance(30);

    expect(running.complete()).toMatchObject({ attempts: 1, successes: 1, active: 0 });
    expect(running.fail(REFUSED)).toMatchObject({ successes: 1, failures: 0 });
    expect(await lines('mainstay_operation_duration_seconds_sum')).toEqual([
      'mainstay_operation_duration_seconds_sum{resource="reports",operation="render",outcome="success"} 0.03',
    ]);
  });

  it('records a failed, a rejected and a cancelled operation as what they are', () => {
    const manager = createManager();
    expect(manager.beginOperation('a', 'b').fail(REFUSED)).toMatchObject({ failures: 1 });
    expect(manager.beginOperation('a', 'b').fail(OPEN)).toMatchObject({ rejections: 1 });
    expect(manager.beginOperation('a', 'b').cancel()).toMatchObject({ cancellations: 1 });
    expect(
      manager.beginOperation('a', 'b').fail({ kind: 'cancelled', type: 'ABORTED' }),
    ).toMatchObject({ cancellations: 2 });
  });

  it('counts tries, retries, fallbacks and recovery times', async () => {
    const operation = createManager().bind('database', 'query');
    operation.recordTry(1, REFUSED);
    operation.recordTry(1);
    operation.recordOutcome('recovered', 2, 250);
    operation.recordOutcome('using-fallback', 3, 10);
    operation.recordFallback(true);
    operation.recordFallback(false);
    operation.recordOutcome('retry-failed', 3, 10, 'budget');

    const labels = '{resource="database",operation="query"';
    expect(await lines('mainstay_operation_tries_total')).toEqual([
      `mainstay_operation_tries_total${labels},outcome="success"} 1`,
      `mainstay_operation_tries_total${labels},outcome="failure"} 1`,
    ]);
    expect(await lines('mainstay_retries_total')).toEqual([`mainstay_retries_total${labels}} 5`]);
    expect(await lines('mainstay_retries_ended_total')).toEqual([
      `mainstay_retries_ended_total${labels},reason="budget"} 1`,
    ]);
    expect(await lines('mainstay_fallbacks_total')).toEqual([
      `mainstay_fallbacks_total${labels},result="success"} 1`,
      `mainstay_fallbacks_total${labels},result="failure"} 1`,
    ]);
    expect(await lines('mainstay_recovery_duration_seconds_sum')).toEqual([
      `mainstay_recovery_duration_seconds_sum${labels}} 0.25`,
    ]);
    expect(operation.errors.lastRecoveryMs).toBe(250);
  });

  it('resilience rule 16: counts the changes of a breaker with their reason, and the time of the recovery', async () => {
    const manager = createManager();
    const transition = {
      resource: 'cache',
      from: 'closed',
      to: 'open',
      reason: 'failure-ratio',
    } as const;
    manager.recordTransition({ ...transition, at: 0 });
    manager.recordTransition({
      resource: 'cache',
      from: 'open',
      to: 'closed',
      reason: 'probe',
      at: 9_000,
      recoveryMs: 8_500,
    });

    const labels = '{resource="cache"';
    expect(await lines('mainstay_circuit_breaker_transitions_total')).toEqual([
      `mainstay_circuit_breaker_transitions_total${labels},state="open",reason="failure-ratio"} 1`,
      `mainstay_circuit_breaker_transitions_total${labels},state="closed",reason="probe"} 1`,
    ]);
    expect(await lines('mainstay_recovery_duration_seconds_sum')).toEqual([
      `mainstay_recovery_duration_seconds_sum${labels},operation="circuit"} 8.5`,
    ]);
    expect(logged.warn).not.toHaveBeenCalled();
    expect(logged.debug).toHaveBeenCalledWith(
      'cache: circuit breaker is open, was closed (failure-ratio)',
    );
  });

  it('resilience rule 19: what an operator does with a breaker is a warning, without secrets', () => {
    const manager = createManager();
    const transition = { resource: 'cache', from: 'closed', at: 0 } as const;
    const note = 'password=hunter2 leaked';
    manager.recordTransition({ ...transition, to: 'isolated', reason: 'isolated', note });
    manager.recordTransition({ ...transition, to: 'metrics-only', reason: 'metrics-only' });
    expect(logged.warn.mock.calls.map(([line]) => line)).toEqual([
      'cache: circuit breaker is isolated, was closed (isolated: password=*** leaked)',
      'cache: circuit breaker is metrics-only, was closed (metrics-only)',
    ]);
  });

  it('resilience rule 17: a listener of transitions that throws stops no other', () => {
    const manager = createManager();
    const heard = vi.fn<() => void>();
    manager.errors.onTransition(() => {
      throw new Error('a defect in a listener');
    });
    const unsubscribe = manager.errors.onTransition(heard);
    const transition = {
      resource: 'cache',
      from: 'closed',
      to: 'open',
      reason: 'slow-calls',
    } as const;
    manager.recordTransition({ ...transition, at: 0 });
    unsubscribe();
    manager.recordTransition({ ...transition, at: 0 });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('records the times of initialisation steps, and whether the connection was made', async () => {
    const manager = createManager();
    manager.recordStep('cache', 'test connection', 20);
    manager.recordStep('cache', 'test operations', 30, REFUSED);
    manager.recordInitialization('cache', false);

    expect(await lines('mainstay_initialization_duration_seconds_sum')).toEqual([
      'mainstay_initialization_duration_seconds_sum{resource="cache",step="test connection",outcome="success"} 0.02',
      'mainstay_initialization_duration_seconds_sum{resource="cache",step="test operations",outcome="failure"} 0.03',
    ]);
    expect(await lines('mainstay_connection_up')).toEqual([
      'mainstay_connection_up{resource="cache"} 0',
    ]);
  });

  it('status rule 2: counts operations beyond the limit together', async () => {
    const manager = createManager(1);
    manager.bind('http', 'a').recordAttempt();
    for (const name of ['b', 'c']) manager.beginOperation('http', name).complete();

    expect(manager.bind('http', 'b').status()).toMatchObject({
      resource: '_OTHER',
      operation: '_OTHER',
      attempts: 2,
    });
    expect(manager.operations()).toHaveLength(2);
  });

  it('knows the share of failures in the last minute, and forgets older ones', async () => {
    const manager = createManager();
    const operation = manager.bind('cache', 'get');
    manager.onModuleInit();
    for (const end of ['failure', 'success', 'success', 'success']) {
      operation.recordAttempt();
      if (end === 'failure') operation.recordFailure(1, REFUSED);
      else operation.recordSuccess(1);
    }

    expect(operation.errors.rate).toBe(0.25);
    await clock.advance(30_000);
    expect(operation.errors.rate).toBe(0.25);
    await clock.advance(40_000);
    expect(operation.errors.rate).toBeUndefined();
    expect(operation.errors.types).toEqual({ ECONNREFUSED: 1 });
    manager.beforeApplicationShutdown();
  });

  it('logs one summary a minute at debug, and none when nothing happened', async () => {
    const manager = createManager();
    manager.onModuleInit();
    manager.beginOperation('cache', 'get').complete();
    manager.beginOperation('cache', 'get').fail(REFUSED);

    await clock.advance(60_000);
    await clock.advance(120_000);

    expect(logged.debug).toHaveBeenCalledTimes(1);
    expect(logged.debug).toHaveBeenCalledWith(expect.stringContaining('cache.get 2, 50 % failed'));
    manager.beforeApplicationShutdown();
  });

  it('status rule 16: writes the last summary at shutdown and leaves no timer behind', () => {
    const manager = createManager();
    manager.onModuleInit();
    manager.beginOperation('cache', 'get').complete();

    manager.beforeApplicationShutdown();

    expect(logged.debug).toHaveBeenCalledTimes(1);
    expect(clock.pending.all).toBe(0);
  });

  it('logs failures by fingerprint: the first five, then one a minute with a count', async () => {
    const operation = createManager().bind('cache', 'set');
    const fail = (times: number): void => {
      for (let i = 0; i < times; i++) operation.recordFailure(1, REFUSED);
    };
    fail(20);
    expect(logged.warn).toHaveBeenCalledTimes(5);
    await clock.advance(60_000);
    fail(3);
    expect(logged.warn).toHaveBeenCalledTimes(6);
    expect(logged.warn).toHaveBeenLastCalledWith(
      'cache.set failed: unavailable (ECONNREFUSED) after 1 ms; 15 more like it since the last line',
    );
    operation.recordFailure(1, { kind: 'timeout', type: 'OPERATION_TIMEOUT' });
    expect(logged.warn).toHaveBeenCalledTimes(7);
  });

  it('leaves unknown errors to where they were detected and logged with their stack', () => {
    createManager().bind('cache', 'set').recordFailure(1, { kind: 'unknown', type: 'TypeError' });
    expect(logged.warn).not.toHaveBeenCalled();
  });

  it('status rule 2: tells no more than 50 types of errors of one operation apart', () => {
    const operation = createManager().bind('cache', 'set');
    for (let i = 0; i < 60; i++) operation.recordRejected(1, { kind: 'rejected', type: `E${i}` });
    expect(Object.keys(operation.errors.types)).toHaveLength(51);
    expect(operation.errors.types['_OTHER']).toBe(10);
  });

  it('samples what the process uses, in the background', async () => {
    const manager = createManager();
    manager.onModuleInit();
    await clock.advance(5_000);
    manager.beforeApplicationShutdown();

    expect(manager.performance.usage.last).toMatchObject({
      rssBytes: expect.any(Number),
      eventLoopDelayMs: { p99: expect.any(Number) },
    });
    expect(Number((await lines('process_cpu_seconds_total'))[0]?.split(' ')[1])).toBeGreaterThan(0);
    expect(await lines('nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
    expect(await lines('nodejs_version_info')).toEqual([
      `nodejs_version_info{version="${process.version}"} 1`,
    ]);
  });
});
