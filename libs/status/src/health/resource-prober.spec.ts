import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import type { BoundOperation } from 'nestjs-mainstay/resource';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { INTERVAL_MS, Partner, refused, WatchedService } from '../../test/watched-service.js';

/** Its timers go on in the context that they were made in, as real ones do. */
class ContextClock extends FakeClock {
  override schedule(...[callback, ...rest]: Parameters<FakeClock['schedule']>) {
    return super.schedule(AsyncResource.bind(callback), ...rest);
  }
}

let clock: FakeClock;
let service: WatchedService;
let partner: Partner;
let get: BoundOperation;
let set: BoundOperation;

beforeEach(() => {
  for (const level of ['debug', 'log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  }
  clock = new FakeClock();
  service = new WatchedService(clock);
  partner = new Partner(clock);
  get = service.bind(partner, 'get', { proves: 'read', fallback: () => 'old' });
  set = service.bind(partner, 'set', { proves: 'write' });
  service.ready(partner);
});

afterEach(() => {
  service.monitor.beforeApplicationShutdown();
  vi.restoreAllMocks();
});

const reads = (): void => service.call(get, partner);
const readsAndWrites = (): void => {
  service.call(get, partner);
  service.call(set, partner, 'write');
};
const probedAt = (): number[] => partner.probes.map(({ at }) => at);

describe('ResourceProber', () => {
  it('status rule 4: traffic that proves all capabilities takes the place of probes, and renews what is known', async () => {
    await service.until(60_000, readsAndWrites);

    // The first one says which capabilities there are.
    expect(probedAt()).toEqual([INTERVAL_MS]);
    expect(service.monitor.get('partner')).toMatchObject({
      state: 'up',
      capabilities: { read: true, write: true },
    });
    expect(service.monitor.get('partner')?.ageMs).toBeLessThanOrEqual(INTERVAL_MS);
    // The last call began at 59.9 s.
    await service.until(59_900 + 2 * INTERVAL_MS);
    expect(probedAt()).toHaveLength(3);
    expect(probedAt()[1]).toBeLessThanOrEqual(59_900 + INTERVAL_MS);
  });

  it('status rule 4: traffic that proves only some capabilities saves no probe', async () => {
    await service.until(20_000, reads);
    expect(probedAt()).toEqual([5_000, 10_000, 15_000, 20_000]);
  });

  it('status rule 4: a resource that turns read-only is found by the probe, although its reads succeed', async () => {
    await service.until(12_000, readsAndWrites);
    partner.behaviour = 'read-only';
    await service.until(12_000 + 2 * INTERVAL_MS, reads);
    expect(service.monitor.get('partner')).toMatchObject({
      state: 'degraded',
      capabilities: { read: true, write: false },
    });
    await service.until(60_000, reads);
    expect(service.state()).toBe('degraded');
  });

  it("status rule 4: neither a fallback's answer nor an operation that proves nothing is a proof", async () => {
    const other = service.bind(partner, 'other');
    await service.until(20_000, () => {
      get.run(() => Promise.reject(refused()), undefined).catch(() => undefined);
      service.call(other, partner);
      service.call(set, partner, 'write');
    });
    const gaps = [...probedAt(), 20_000].map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL_MS);
  });

  it('status rule 4: where two bindings of one operation prove different things, it proves nothing', async () => {
    service.bind(partner, 'set', { proves: 'read' });
    await service.until(20_000, readsAndWrites);
    expect(probedAt()).toEqual([5_000, 10_000, 15_000, 20_000]);
  });

  it('status rule 4: while calls fail, no other call takes the place of a probe', async () => {
    await service.until(7_000, readsAndWrites);
    const failing = service.bind(partner, 'failing');
    await service.until(20_000, () => {
      readsAndWrites();
      if (clock.now() % 1_000 === 0) {
        failing.run(() => Promise.reject(refused()), undefined).catch(() => undefined);
      }
    });
    // Twice within the time between two probes by the clock: three failures ask for one of their own.
    expect(probedAt().length).toBeGreaterThanOrEqual(4);
  });

  it('status rule 4: what passed before an initialisation proves nothing after it', async () => {
    service.monitor.beforeApplicationShutdown();
    service = new WatchedService(clock);
    partner = new Partner(clock);
    get = service.bind(partner, 'get', { proves: 'read' });
    set = service.bind(partner, 'set', { proves: 'write' });
    readsAndWrites();
    service.ready(partner);
    await clock.advance(2 * INTERVAL_MS);
    expect(probedAt()).toEqual([5_000, 10_000]);
  });

  it('status rule 4: a burst of failures asks for a probe at once, and is believed within two seconds', async () => {
    await service.until(10_100, reads);
    partner.behaviour = 'refuses';
    await service.until(12_100, reads);
    expect(service.state()).toBe('down');
    // The third failure is at 10.3 s, not sooner than 500 ms after the last one.
    expect(probedAt().slice(2)).toEqual([10_500, 11_000, 11_500]);
  });

  it('status rule 4: failures ask for no more than one probe every 500 ms, and none of what asks for less', async () => {
    const failing = service.bind(partner, 'failing');
    const throttled = Object.assign(new Error('slow down'), { status: 429 });
    await service.until(20_000, () => {
      for (let calls = 0; calls < 20; calls++) {
        failing.run(() => Promise.reject(throttled), undefined).catch(() => undefined);
      }
    });
    expect(probedAt()).toEqual([5_000, 10_000, 15_000, 20_000]);

    await service.until(40_000, () => {
      for (let calls = 0; calls < 20; calls++) {
        failing.run(() => Promise.reject(refused()), undefined).catch(() => undefined);
      }
    });
    const gaps = probedAt().map((at, index, all) => at - (all[index - 1] ?? -Infinity));
    expect(Math.min(...gaps)).toBe(500);
    expect(partner.mostRunning).toBe(1);
  });

  it('status rule 4: the probes that a call brings are no part of its request', async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    clock = new ContextClock();
    service = new WatchedService(clock);
    partner = new (class extends Partner {
      override probe(signal: AbortSignal) {
        seen.push(requests.getStore());
        return super.probe(signal);
      }
    })(clock);
    const read = service.bind(partner, 'get', { proves: 'read' });
    const ask = () => requests.run('a request', () => service.call(read, partner));
    service.ready(partner);
    await service.until(6_000, ask);
    partner.behaviour = 'refuses';
    await service.until(12_000, ask);
    expect(requests.run('a request', () => service.state())).toBe('down');
    partner.behaviour = 'answers';
    await service.until(40_000, ask);
    expect(service.state()).toBe('up');
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('status rule 4: calls that fail in an outage that is known ask for nothing', async () => {
    partner.behaviour = 'refuses';
    await service.until(10_000, reads);
    expect(service.state()).toBe('down');
    const probes = partner.probes.length;
    await service.until(40_000, () => {
      for (let calls = 0; calls < 20; calls++) reads();
    });
    expect(partner.probes.length - probes).toBeLessThanOrEqual(6);
  });

  it.each([0, 0.5, 1])(
    'status rule 4: a hang right after traffic took the place of a probe is found within two intervals (jitter %s)',
    async (random) => {
      vi.spyOn(clock, 'random').mockReturnValue(random);
      for (const length of [100, 1_100, 2_600, 3_300, 4_900]) {
        const from = clock.now();
        await service.until(from + 60_000, readsAndWrites);
        await service.until(from + 60_000 + length, readsAndWrites);
        // Nobody calls any more, so that only probes can find it.
        partner.behaviour = 'hangs';
        await clock.advance(2 * INTERVAL_MS);
        expect(service.state()).toBe('down');
        partner.behaviour = 'answers';
        await clock.advance(2 * INTERVAL_MS);
        expect(service.state()).toBe('up');
      }
      expect(partner.mostRunning).toBe(1);
    },
  );

  it('status rule 4: while a resource is away its probes follow at one interval', async () => {
    partner.behaviour = 'refuses';
    await clock.advance(60_000);
    const gaps = probedAt().map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(gaps.slice(3).every((gap) => gap === INTERVAL_MS)).toBe(true);
    expect(gaps.slice(0, 3)).toEqual([5_000, 500, 500]);
  });
});
