import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Partner, refused, WatchedService } from '../../test/watched-service.js';

/** How exact the time of a recovery is, in milliseconds. */
const EXACTNESS_MS = 500;

let clock: FakeClock;
let service: WatchedService;
let partner: Partner;

beforeEach(() => {
  for (const level of ['debug', 'log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  }
  clock = new FakeClock();
  service = new WatchedService(clock);
  partner = new Partner(clock);
});

afterEach(() => {
  service.monitor.beforeApplicationShutdown();
  vi.restoreAllMocks();
});

/** The first of the answers that failed, and the first of those that went well after all that failed. */
function truth(asked: readonly { readonly at: number; readonly passed: boolean }[]) {
  const lastFailed = asked.findLastIndex(({ passed }) => !passed);
  const start = asked.find(({ passed }) => !passed)!.at;
  return { start, end: asked[lastFailed + 1]!.at };
}

function expectRecovery({ start, end }: { start: number; end: number }): void {
  const incident = service.incident();
  expect(incident.start).toBe(service.wall(start));
  expect(incident.end! - service.wall(end)).toBeGreaterThanOrEqual(0);
  expect(incident.end! - service.wall(end)).toBeLessThanOrEqual(EXACTNESS_MS);
  expect(incident.recoveryMs).toBe(incident.end! - incident.start);
}

describe('OutageWatch', () => {
  it.each([
    ['refuses', { kind: 'unavailable', type: 'ECONNREFUSED' }],
    ['hangs', { kind: 'timeout', type: 'OPERATION_TIMEOUT' }],
  ] as const)(
    'status rule 11: with traffic, an outage in which the dependency %s has the times of its calls',
    async (behaviour, error) => {
      service.ready(partner);
      const get = service.bind(partner, 'get', { proves: 'read' });
      const call = (): void => service.call(get, partner);
      await service.until(12_000, call);
      partner.behaviour = behaviour;
      await service.until(42_300, call);
      expect(service.incident()).toMatchObject({ state: 'down', error });
      expect(service.incident()).not.toHaveProperty('end');
      partner.behaviour = 'answers';
      await service.until(60_000, call);

      expect(service.state()).toBe('up');
      expectRecovery({ start: 12_000, end: 42_300 });
      const failed = partner.answers.filter(({ passed }) => !passed);
      expect(failed.length).toBeGreaterThan(200);
      expect(service.incident().operationsFailed).toBe(failed.length);
    },
  );

  it('status rule 11: a recovery that calls show first is believed within a second', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const call = (): void => service.call(get, partner);
    partner.behaviour = 'refuses';
    await service.until(36_200, call);
    partner.behaviour = 'answers';
    await service.until(37_300, call);
    expect(service.state()).toBe('up');
  });

  it('status rule 11: without traffic, an outage has the times of its probes', async () => {
    service.ready(partner);
    await service.until(12_000);
    partner.behaviour = 'refuses';
    await service.until(42_300);
    partner.behaviour = 'answers';
    await service.until(60_000);

    expectRecovery(truth(partner.probes));
    expect(service.incident()).toMatchObject({
      operationsFailed: 0,
      error: { kind: 'unavailable', type: 'ECONNREFUSED' },
      reason: 'unavailable (ECONNREFUSED): connect ECONNREFUSED redis://***@partner',
    });
  });

  it('status rule 11: calls that a fallback answers have the times, though none of them fails', async () => {
    partner = new Partner(clock, { hasFallback: true });
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read', fallback: () => 'old' });
    const call = (): void => service.call(get, partner);
    await service.until(12_000, call);
    partner.behaviour = 'refuses';
    await service.until(42_300, call);
    partner.behaviour = 'answers';
    await service.until(60_000, call);

    expectRecovery({ start: 12_000, end: 42_300 });
    expect(service.incident()).toMatchObject({ state: 'degraded', operationsFailed: 0 });
  });

  it('status rule 11: an outage that a breaker keeps calls away from has the times of the first call and of the probe', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' }, { breaker: { openMs: 600_000 } });
    let calls = 0;
    const call = (): void => {
      calls++;
      service.call(get, partner);
    };
    await service.until(12_000, call);
    partner.behaviour = 'refuses';
    calls = 0;
    await service.until(42_300, call);
    const during = calls;
    const opened = 'its circuit breaker is open (consecutive-failures)';
    expect(service.incident()).toMatchObject({ state: 'down', reason: opened });
    partner.behaviour = 'answers';
    await service.until(60_000, call);

    expectRecovery({ start: 12_000, end: truth(partner.probes).end });
    // Also the calls that the breaker refused.
    expect(service.incident().operationsFailed).toBeGreaterThanOrEqual(during);
  });

  it('status rule 11: calls that are let through half-open show a recovery before any probe does', async () => {
    service = new WatchedService(clock, { intervalMs: 600_000 });
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' }, { breaker: { openMs: 5_000 } });
    const call = (): void => service.call(get, partner);
    await service.until(12_000, call);
    partner.behaviour = 'refuses';
    await service.until(31_000, call);
    partner.behaviour = 'answers';
    await service.until(60_000, call);

    expect(service.state()).toBe('up');
    expectRecovery(truth(partner.answers));
    expect(service.incident().reason).toBe('its circuit breaker is open (consecutive-failures)');
  });

  it('status rule 11: a resource that only lost its writes is well when they are, whatever its reads say', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const set = service.bind(partner, 'set', { proves: 'write' });
    const call = (): void => {
      service.call(get, partner);
      service.call(set, partner, 'write');
    };
    await service.until(12_000, call);
    partner.behaviour = 'read-only';
    await service.until(42_300, call);
    expect(service.incident()).toMatchObject({ state: 'degraded', error: { type: 'EROFS' } });
    partner.behaviour = 'answers';
    await service.until(60_000, call);
    expectRecovery({ start: 12_000, end: 42_300 });
  });

  it('status rule 11: nor do reads alone end the loss of its writes', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const call = (): void => service.call(get, partner);
    await service.until(12_000, call);
    partner.behaviour = 'read-only';
    await service.until(42_300, call);
    // One an interval and two follow-ups: that reads work is no news.
    expect(partner.probes.filter(({ passed }) => !passed).length).toBeLessThan(11);
    partner.behaviour = 'answers';
    await service.until(60_000, call);
    expectRecovery(truth(partner.probes));
  });

  it('status rule 11: successes that do not last end nothing', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const call = (): void => service.call(get, partner);
    await service.until(12_000, call);
    partner.behaviour = 'refuses';
    await service.until(25_000, call);
    partner.behaviour = 'answers';
    await service.until(25_500, call);
    partner.behaviour = 'refuses';
    await service.until(42_300, call);
    partner.behaviour = 'answers';
    await service.until(60_000, call);
    expectRecovery({ start: 12_000, end: 42_300 });
  });

  it('status rule 11: probes show a recovery, too, where calls prove nothing', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get');
    const call = (): void => service.call(get, partner);
    await service.until(12_000, call);
    partner.behaviour = 'refuses';
    await service.until(42_300, call);
    partner.behaviour = 'answers';
    await service.until(60_000, call);
    expectRecovery({ start: 12_000, end: truth(partner.probes).end });
  });

  it('status rule 11: a blip that ends before it is believed is no incident', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const call = (): void => service.call(get, partner);
    await service.until(5_000, call);
    partner.behaviour = 'refuses';
    await service.until(5_900, call);
    partner.behaviour = 'answers';
    await service.until(20_000, call);
    expect(service.incidents.all()).toEqual([]);

    // Nor does it belong to the next one.
    partner.behaviour = 'refuses';
    await service.until(30_000, call);
    expect(service.incident().start).toBe(service.wall(20_000));
  });

  it('status rule 11: a failure of which nothing came is not the beginning of a later outage', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const set = service.bind(partner, 'set', { proves: 'write' });
    partner.behaviour = 'refuses';
    service.call(set, partner, 'write');
    await clock.advance(1);
    partner.behaviour = 'answers';
    await service.until(600_000);
    partner.behaviour = 'refuses';
    await service.until(620_000, () => service.call(get, partner));
    expect(service.incident().start).toBe(service.wall(600_000));
  });

  it('status rule 11: flapping is one long incident; what fails after a minute of health is another', async () => {
    service.ready(partner);
    for (let flap = 0; flap < 60; flap++) {
      partner.behaviour = 'refuses';
      await clock.advance(15_000);
      partner.behaviour = 'answers';
      await clock.advance(15_000);
    }
    expect(service.state()).toBe('up');
    expect(service.incident().recoveryMs).toBeGreaterThan(59 * 30_000);

    await clock.advance(61_000);
    partner.behaviour = 'refuses';
    await clock.advance(15_000);
    expect(service.incidents.all()).toHaveLength(2);
  });

  it('status rule 4: what only calls find amiss keeps the pace of the probes', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    const defect = (): Promise<never> => Promise.reject(new TypeError('a defect'));
    await service.until(60_000, () => {
      service.call(get, partner);
      get.run(defect, undefined).catch(() => undefined);
    });
    expect(service.incident()).toMatchObject({ state: 'degraded' });
    const probes = partner.probes.filter(({ at }) => at > 30_000);
    expect(probes.length).toBeLessThanOrEqual(7);
  });

  it('status rule 4: failures of some calls, which no probe confirms, bring one probe more an interval at the most', async () => {
    service.ready(partner);
    const get = service.bind(partner, 'get', { proves: 'read' });
    await service.until(60_000, () => {
      service.call(get, partner);
      get.run(() => Promise.reject(refused()), undefined).catch(() => undefined);
    });
    expect(service.state()).toBe('up');
    expect(partner.probes.length).toBeLessThanOrEqual(26);
  });

  it('status rule 11: not to know is no incident, and the end of the application ends none', async () => {
    const entry = service.ready(partner);
    partner.behaviour = 'refuses';
    await clock.advance(10_000);
    expect(service.incident()).not.toHaveProperty('end');
    service.monitor.beforeApplicationShutdown();
    partner.behaviour = 'answers';
    await clock.advance(30_000);
    expect(service.state()).toBe('unknown');
    entry.enter('closing');
    entry.enter('closed');
    expect(service.incident()).not.toHaveProperty('end');
    expect(service.incidents.mttrMs()).toBeUndefined();
    expect(clock.pending.all).toBe(0);
  });

  it('status rule 11: what an operator isolates has no incident; one that it has does not end by that', async () => {
    service.ready(partner);
    service.bind(partner, 'get', {}, { breaker: {} });
    const breaker = service.operations.find('partner')!.breaker!;
    breaker.isolate('maintenance');
    await clock.advance(60_000);
    expect(service.state()).toBe('down');
    breaker.reset();
    expect(service.state()).toBe('up');
    expect(service.incidents.all()).toEqual([]);

    breaker.isolate('maintenance');
    partner.behaviour = 'refuses';
    await clock.advance(60_000);
    expect(service.incident()).not.toHaveProperty('end');
    partner.behaviour = 'answers';
    await clock.advance(60_000);
    expect(service.incident()).not.toHaveProperty('end');
    breaker.reset();
    expectRecovery(truth(partner.probes));
  });

  it('status rule 11: an application that starts without a resource has an incident from the first step that failed', async () => {
    const entry = service.register(partner);
    entry.beginInitialization([{ name: 'test connection', run: () => undefined }]);
    await clock.advance(2_000);
    const error = { kind: 'permanent', type: 'WRONGPASS', reason: 'auth' } as const;
    service.status.recordStep('partner', 'test connection', 1_500, error);
    entry.lastError = 'WRONGPASS';
    entry.enter('failed');
    expect(service.incident()).toMatchObject({
      start: service.wall(500),
      state: 'down',
      error: { kind: 'permanent', type: 'WRONGPASS' },
      reason: 'its initialisation failed: WRONGPASS',
    });

    await clock.advance(28_000);
    entry.beginInitialization([]);
    entry.enter('ready');
    expectRecovery({ start: 500, end: 30_000 });
  });

  it('status rule 11: the recovery stands in the metrics, once', async () => {
    service.ready(partner);
    partner.behaviour = 'refuses';
    await clock.advance(20_000);
    partner.behaviour = 'answers';
    await clock.advance(20_000);
    const labels = '{resource="partner",operation="probe"}';
    expect(await service.metric('mainstay_recovery_duration_seconds_')).toEqual(
      expect.arrayContaining([
        `mainstay_recovery_duration_seconds_sum${labels} 16`,
        `mainstay_recovery_duration_seconds_count${labels} 1`,
      ]),
    );
    expect(service.incidents.mttrMs('partner')).toBe(16_000);
  });
});
