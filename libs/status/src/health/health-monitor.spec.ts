import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import type { CircuitState, CircuitStatus, CircuitTransition } from 'nestjs-mainstay/resilience';
import {
  Resource,
  ResourceRegistry,
  type Criticality,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeExposition } from '../metrics/exposition.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { ErrorMonitor } from '../monitors/error-monitor.js';
import { PerformanceMonitor } from '../monitors/performance-monitor.js';
import { ResourceUsage } from '../monitors/resource-usage.js';
import { RecordedOperation } from '../recorded-operation.js';
import { StatusLogger } from '../status-logger.js';
import { HEALTH_CHANNEL, type HealthMessage } from './health-channel.js';
import { publishHealth } from './health-metrics.js';
import { HealthMonitor } from './health-monitor.js';
import { IncidentLog } from './incident-log.js';
import { WatchedResource } from './watched-resource.js';

const REFUSED = Object.assign(new Error('connect ECONNREFUSED redis://u:hunter2@cache'), {
  code: 'ECONNREFUSED',
});

class Dependency extends Resource {
  override readonly criticality: Criticality;
  override readonly hasFallback: boolean;
  readonly probed: number[] = [];
  answer: () => Promise<ProbeResult> = async () => ({ capabilities: { read: true, write: true } });

  constructor(
    readonly name: string,
    options: { criticality?: Criticality; hasFallback?: boolean } = {},
  ) {
    super();
    this.criticality = options.criticality ?? 'degradable';
    this.hasFallback = options.hasFallback ?? false;
  }

  protected steps() {
    return [];
  }

  probe(): Promise<ProbeResult> {
    this.probed.push(clock.now());
    return this.answer();
  }

  async close() {}
}

function spyOnLogger() {
  const spy = (level: 'debug' | 'log' | 'warn' | 'error') =>
    vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  return { debug: spy('debug'), log: spy('log'), warn: spy('warn'), error: spy('error') };
}

let clock: FakeClock;
let logged: ReturnType<typeof spyOnLogger>;
let metrics: MetricRegistry;
let registry: ResourceRegistry;
let monitor: HealthMonitor;
let circuit: CircuitState | undefined;
let note: string | undefined;
let breakerWasTold: boolean[];
let errors: ErrorMonitor;
let incidents: IncidentLog;
let performance: PerformanceMonitor;

beforeEach(() => {
  logged = spyOnLogger();
  clock = new FakeClock();
  metrics = new MetricRegistry();
  registry = new ResourceRegistry();
  circuit = undefined;
  note = undefined;
  breakerWasTold = [];
  const logger = new StatusLogger(clock);
  performance = new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock));
  errors = new ErrorMonitor(metrics, logger, clock);
  incidents = new IncidentLog(clock);
  monitor = new HealthMonitor({
    clock,
    registry,
    performance,
    errors,
    incidents,
    logger,
    probes: { intervalMs: 5_000, timeoutMs: 1_000 },
    breakerOf: () => ({ recordProbe: (succeeded) => breakerWasTold.push(succeeded) }),
  });
  publishHealth(metrics, monitor);
});

afterEach(() => {
  monitor.beforeApplicationShutdown();
  vi.restoreAllMocks();
});

function register(resource: Resource) {
  const none = { inFlight: 0, budget: undefined, limiter: undefined };
  return registry.register(resource, () => ({
    resource: resource.name,
    breaker: breaker(),
    ...none,
  }));
}

function breaker(): CircuitStatus | undefined {
  if (circuit === undefined) return undefined;
  const reason = circuit === 'open' ? 'failure-ratio' : undefined;
  return { state: circuit, reason, note, since: 0, lastRecoveryMs: undefined };
}

/** The breaker of a resource goes into a state. */
function goes(resource: string, to: CircuitState, reason: CircuitTransition['reason']): void {
  const from = circuit ?? 'closed';
  circuit = to;
  errors.recordTransition({ resource, from, to, reason, at: clock.now() });
}

function ready(resource: Resource) {
  const entry = register(resource);
  entry.beginInitialization([]);
  entry.enter('ready');
  return entry;
}

function stateOf(name: string): string | undefined {
  return monitor.get(name)?.state;
}

function bind(resource: string): RecordedOperation {
  const times = performance.bind(resource, 'get');
  return new RecordedOperation(resource, 'get', times, errors.bind(resource, 'get', times));
}

/** Calls in each of so many seconds, and samples of what was counted as the StatusManager takes them. */
async function serve(seconds: number, call: () => void): Promise<void> {
  for (let second = 1; second <= seconds; second++) {
    for (let calls = 0; calls < 10; calls++) call();
    await clock.advance(1_000);
    if (second % 5 === 0) errors.sample();
  }
}

function answeredByFallback(operation: RecordedOperation): void {
  operation.recordAttempt();
  operation.recordTry(1, { kind: 'timeout', type: 'OPERATION_TIMEOUT' });
  operation.recordFallback(true);
  operation.recordOutcome('using-fallback', 1, 1);
  operation.recordSuccess(1);
}

async function metric(start: string): Promise<string[]> {
  const parts = await writeExposition(metrics.collect(), 'prometheus', clock);
  const text = Buffer.concat(parts).toString();
  return text.split('\n').filter((line) => line.startsWith(start));
}

const fails = async (): Promise<never> => {
  throw REFUSED;
};
const succeeds = async (): Promise<ProbeResult> => ({ capabilities: { read: true, write: true } });
const hangs = (): Promise<never> => new Promise(() => {});

describe('HealthMonitor', () => {
  it('status rule 4: probes a ready resource every 5 s, give or take a tenth', async () => {
    const cache = new Dependency('cache');
    clock.randoms.push(0, 1, 0.5);
    ready(cache);

    await clock.advance(20_000);

    expect(cache.probed).toEqual([4_500, 10_000, 15_000, 20_000]);
  });

  it('status rule 3: each change of health is published on its channel, without secrets', async () => {
    const heard: HealthMessage[] = [];
    const onMessage = (message: unknown): void => void heard.push(message as HealthMessage);
    subscribe(HEALTH_CHANNEL, onMessage);
    try {
      const cache = new Dependency('cache');
      ready(cache);
      await clock.advance(5_500);
      cache.answer = fails;
      await clock.advance(10_000);
    } finally {
      unsubscribe(HEALTH_CHANNEL, onMessage);
    }
    expect(heard.map(({ from, health }) => [from, health.name, health.state])).toEqual([
      [undefined, 'cache', 'up'],
      ['up', 'cache', 'down'],
    ]);
    expect(heard[1]?.health).toEqual({ ...monitor.get('cache'), ageMs: 0 });
    expect(JSON.stringify(heard)).toContain('ECONNREFUSED');
    expect(JSON.stringify(heard)).not.toContain('hunter2');
  });

  it('does not probe what is not initialised, and ends when a resource closes', async () => {
    const cache = new Dependency('cache');
    const entry = register(cache);
    await clock.advance(20_000);
    expect(cache.probed).toHaveLength(0);

    entry.enter('ready');
    await clock.advance(5_000);
    entry.enter('closing');
    await clock.advance(20_000);
    expect(cache.probed).toHaveLength(1);
  });

  it('takes over resources that were ready before it began', async () => {
    const cache = new Dependency('cache');
    const entry = ready(cache);
    monitor.onModuleInit();
    await clock.advance(5_000);
    expect(cache.probed).toHaveLength(1);
    expect(entry.phase).toBe('ready');
  });

  it('resilience rule 8: probes close the breaker of their resource, or count against it', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    await clock.advance(5_000);
    cache.answer = fails;
    await clock.advance(5_000);
    cache.answer = async () => ({ capabilities: { read: true, write: false } });
    await clock.advance(500);

    expect(cache.probed).toHaveLength(3);
    expect(breakerWasTold).toEqual([true, false]);
  });

  it('status rule 4: after a changed result probes follow every 500 ms until the threshold is met', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    cache.answer = fails;

    await clock.advance(5_999);
    expect(stateOf('cache')).toBe('up');
    await clock.advance(1);
    expect(stateOf('cache')).toBe('down');

    cache.answer = succeeds;
    await clock.advance(5_499);
    expect(stateOf('cache')).toBe('down');
    await clock.advance(1);
    expect(stateOf('cache')).toBe('up');
    expect(cache.probed).toEqual([5_000, 5_500, 6_000, 11_000, 11_500]);
  });

  it('status rule 4: a hang is found within two probe intervals', async () => {
    const cache = new Dependency('cache');
    clock.randoms.push(1);
    ready(cache);
    cache.answer = hangs;
    await clock.advance(10_000);
    expect(monitor.get('cache')).toMatchObject({
      state: 'down',
      reason: expect.stringContaining('timeout (PROBE_TIMEOUT)'),
    });
  });

  it('status rule 4: one probe at a time, also when it ignores its deadline; a lost one is given up', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    cache.answer = hangs;
    await clock.advance(15_000);
    expect(cache.probed).toEqual([5_000]);
    expect(stateOf('cache')).toBe('down');

    cache.answer = succeeds;
    await clock.advance(15_000);
    expect(stateOf('cache')).toBe('up');
  });

  it('status rule 5: a resource that is away is degraded with a fallback, down without', async () => {
    const cache = new Dependency('cache', { hasFallback: true });
    const database = new Dependency('database');
    for (const resource of [cache, database]) {
      ready(resource);
      resource.answer = fails;
    }
    await clock.advance(6_000);
    expect([stateOf('cache'), stateOf('database')]).toEqual(['degraded', 'down']);
  });

  it('status rule 5: what is not initialised is degraded with a fallback, down without', () => {
    const entry = register(new Dependency('cache', { hasFallback: true }));
    register(new Dependency('database'));
    entry.lastError = 'refused';
    entry.enter('failed');

    expect([stateOf('cache'), stateOf('database')]).toEqual(['degraded', 'down']);
    expect(monitor.get('cache')?.reason).toBe('its initialisation failed: refused');
    expect(monitor.get('database')?.reason).toBe('it is not initialised yet');
  });

  it.each([
    ['open', true, 'degraded'],
    ['open', false, 'down'],
    ['isolated', true, 'degraded'],
    ['isolated', false, 'down'],
    ['half-open', false, 'degraded'],
    ['closed', false, 'up'],
  ] as const)(
    'status rule 5: a breaker that is %s, fallback %s, is %s',
    (state, hasFallback, health) => {
      ready(new Dependency('cache', { hasFallback }));
      circuit = state;
      expect(stateOf('cache')).toBe(health);
    },
  );

  it('resilience rule 19: an isolated resource says so, with the reason that the operator gave', () => {
    ready(new Dependency('cache'));
    circuit = 'isolated';
    note = 'maintenance until noon, see redis://u:hunter2@cache';
    expect(monitor.get('cache')).toMatchObject({
      state: 'down',
      circuit: 'isolated',
      reason: 'isolated: maintenance until noon, see redis://***@cache',
    });
  });

  it('resilience rule 19: a breaker that only counts is seen, though the resource is up', () => {
    ready(new Dependency('cache'));
    circuit = 'metrics-only';
    expect(monitor.get('cache')).toMatchObject({
      state: 'up',
      circuit: 'metrics-only',
      reason: 'metrics-only: its circuit breaker was switched off by hand',
    });
  });

  it('resilience rule 16: a breaker that opens and closes changes the health at once; what it tests in between does not', () => {
    ready(new Dependency('cache'));
    goes('cache', 'open', 'failure-ratio');
    goes('cache', 'half-open', 'open-time-over');
    goes('cache', 'open', 'half-open-failure');
    goes('cache', 'closed', 'probe');

    const lines = (spy: { mock: { calls: unknown[][] } }) => spy.mock.calls.map(([line]) => line);
    expect(lines(logged.error)).toEqual([
      'cache is down, was up: its circuit breaker is open (failure-ratio)',
    ]);
    expect(lines(logged.log)).toEqual(['cache is up, was down']);
    expect(lines(logged.warn)).toEqual([]);
    expect(lines(logged.debug)).toHaveLength(4);
  });

  it('status rule 4: a resource that only lost its writes is degraded', async () => {
    const disk = new Dependency('storage');
    ready(disk);
    disk.answer = async () => ({ capabilities: { read: true, write: false } });
    await clock.advance(6_000);
    expect(monitor.get('storage')).toMatchObject({
      state: 'degraded',
      capabilities: { read: true, write: false },
    });
  });

  it('status rule 4: what is known is unknown after three intervals', async () => {
    ready(new Dependency('cache'));
    monitor.beforeApplicationShutdown();
    await clock.advance(15_000);
    expect(monitor.get('cache')).toMatchObject({ state: 'up', ageMs: 15_000 });
    await clock.advance(1);
    expect(stateOf('cache')).toBe('unknown');
  });

  it('status rule 5: only a critical resource that is down takes the service down', () => {
    ready(new Dependency('broker', { criticality: 'critical' }));
    expect(monitor.overall()).toBe('up');
    register(new Dependency('logs', { criticality: 'informational' }));
    expect(monitor.overall()).toBe('up');
    register(new Dependency('database'));
    expect([monitor.overall(), monitor.isCriticalDown()]).toEqual(['degraded', false]);
    circuit = 'open';
    expect([monitor.overall(), monitor.isCriticalDown()]).toEqual(['down', true]);
  });

  it('resilience rule 13: unknown errors beyond 10 % of a window make a resource degraded, with log and gauge', async () => {
    ready(new Dependency('database'));
    const operation = bind('database');
    let calls = 0;
    await serve(20, () => {
      operation.recordAttempt();
      if (calls++ % 5 > 0) operation.recordSuccess(1);
      else operation.recordFailure(1, { kind: 'unknown', type: 'TypeError' });
    });

    const reason =
      'unknown errors, which may be a defect: 20 % of the calls of the last minute; see the log';
    expect(monitor.get('database')).toMatchObject({ state: 'degraded', reason });
    expect(logged.warn).toHaveBeenLastCalledWith(`database is degraded, was up: ${reason}`);
    expect(await metric('mainstay_health_state')).toContain(
      'mainstay_health_state{resource="database",state="degraded"} 1',
    );
    expect(monitor.overall()).toBe('degraded');

    await serve(75, () => {
      operation.recordAttempt();
      operation.recordSuccess(1);
    });
    expect(stateOf('database')).toBe('up');
  });

  it.each([
    [false, 'down'],
    [true, 'degraded'],
  ] as const)(
    'resilience rule 14: using a fallback is never healthy: degraded after a minute, after five, with another source %s, %s',
    async (hasFallback, state) => {
      ready(new Dependency('rates', { hasFallback, criticality: 'critical' }));
      const operation = bind('rates');
      await serve(60, () => answeredByFallback(operation));
      expect(stateOf('rates')).toBe('up');
      await serve(10, () => answeredByFallback(operation));
      expect(stateOf('rates')).toBe('degraded');
      await serve(240, () => answeredByFallback(operation));

      expect(stateOf('rates')).toBe(state);
      expect(monitor.get('rates')?.reason).toBe('only fallbacks have answered for five minutes');
      expect(monitor.isCriticalDown()).toBe(!hasFallback);
    },
  );

  it('resilience rule 14: fallbacks used in an outage that probes saw do not outlive it', async () => {
    const rates = new Dependency('rates');
    ready(rates);
    const operation = bind('rates');
    rates.answer = fails;
    await serve(90, () => answeredByFallback(operation));
    expect(stateOf('rates')).toBe('down');

    rates.answer = succeeds;
    await clock.advance(5_500);
    expect(stateOf('rates')).toBe('up');
  });

  it('resilience rule 14: fallbacks used while an operator isolated the resource do not outlive that', async () => {
    ready(new Dependency('rates'));
    const operation = bind('rates');
    goes('rates', 'isolated', 'isolated');
    await serve(400, () => answeredByFallback(operation));
    expect(monitor.get('rates')?.reason).toBe('isolated: by hand');

    goes('rates', 'closed', 'reset');
    expect(stateOf('rates')).toBe('up');
    await clock.advance(10_000);
    expect(stateOf('rates')).toBe('up');
    expect(incidents.all()).toEqual([]);
  });

  it('logs transitions only, without secrets', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    await clock.advance(20_000);
    expect(logged.log).not.toHaveBeenCalled();

    cache.answer = fails;
    await clock.advance(60_000);
    cache.answer = succeeds;
    await clock.advance(60_000);

    expect(logged.error).toHaveBeenCalledTimes(1);
    expect(logged.error).toHaveBeenCalledWith(
      'cache is down, was up: unavailable (ECONNREFUSED): connect ECONNREFUSED redis://***@cache',
    );
    expect(logged.log).toHaveBeenCalledTimes(1);
    expect(logged.log).toHaveBeenCalledWith('cache is up, was down');
  });

  it('logs nothing of a resource that is closed on purpose', async () => {
    const entry = ready(new Dependency('cache'));
    await clock.advance(5_000);
    entry.enter('closing');
    entry.enter('closed');
    expect(stateOf('cache')).toBe('down');
    expect(logged.error).not.toHaveBeenCalled();
  });

  it('says since when a resource has been in its state', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    const began = clock.wallTime();
    cache.answer = fails;
    await clock.advance(60_000);
    expect(monitor.get('cache')?.since).toBe(began + 6_000);
  });

  it('status rule 11: records the time from the first failed probe to the recovery', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    cache.answer = fails;
    await clock.advance(20_000);
    cache.answer = succeeds;
    await clock.advance(20_000);

    // Failed at 5 s, 5.5 s, 6 s (down), 11 s, 16 s; well again at 21 s, believed at 21.5 s.
    expect(await metric('mainstay_recovery_duration_seconds_sum')).toEqual([
      'mainstay_recovery_duration_seconds_sum{resource="cache",operation="probe"} 16',
    ]);
  });

  it('status rule 11: does not take a time without knowledge for an outage', async () => {
    const logger = new StatusLogger(clock);
    const watched = new WatchedResource(ready(new Dependency('cache')), {
      clock,
      performance: new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock)),
      errors: new ErrorMonitor(metrics, logger, clock),
      incidents,
      logger,
      probes: { intervalMs: 5_000, timeoutMs: 1_000 },
      breakerOf: () => undefined,
    });
    watched.start();
    expect(watched.health().state).toBe('up');
    watched.stop();
    await clock.advance(15_001);
    expect(watched.health().state).toBe('unknown');
    watched.start();
    expect(watched.health().state).toBe('up');
    watched.stop();

    expect(await metric('mainstay_recovery_duration_seconds')).toEqual([]);
  });

  it('shows health, connection and probe times in the metrics', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    circuit = 'half-open';
    await clock.advance(5_000);

    expect(await metric('mainstay_health_state')).toEqual([
      'mainstay_health_state{resource="cache",state="up"} 0',
      'mainstay_health_state{resource="cache",state="degraded"} 1',
      'mainstay_health_state{resource="cache",state="down"} 0',
      'mainstay_health_state{resource="cache",state="unknown"} 0',
    ]);
    expect(await metric('mainstay_connection_up')).toEqual([
      'mainstay_connection_up{resource="cache"} 1',
    ]);
    expect(await metric('mainstay_probe_duration_seconds_count')).toEqual([
      'mainstay_probe_duration_seconds_count{resource="cache",outcome="success"} 1',
    ]);
  });

  it('status rule 4: a logger that throws ends neither the probes nor the process', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    const broken = () => {
      throw new Error('the transport is closed');
    };
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const level of ['log', 'warn', 'error'] as const) logged[level].mockImplementation(broken);
    cache.answer = fails;
    await clock.advance(7_000);
    expect(stateOf('cache')).toBe('down');
    cache.answer = succeeds;
    await clock.advance(7_000);
    expect(stateOf('cache')).toBe('up');
  });

  it('status rule 16: who asks while the application ends starts nothing anew', () => {
    ready(new Dependency('cache'));
    monitor.beforeApplicationShutdown();
    circuit = 'open';
    expect(stateOf('cache')).toBe('down');
    expect(clock.pending.all).toBe(0);
  });

  it('status rule 16: leaves no timer behind', async () => {
    const cache = new Dependency('cache');
    ready(cache);
    cache.answer = hangs;
    await clock.advance(5_500);
    monitor.beforeApplicationShutdown();
    expect(clock.pending.all).toBe(0);
  });

  it('knows nothing of a resource that nobody registered', () => {
    expect(monitor.get('nothing')).toBeUndefined();
  });
});
