import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResourceTraffic, type TrafficSource } from './resource-traffic.js';
import type { TrafficTotals } from './traffic-totals.js';

let traffic: ResourceTraffic;
let totals: { answered: number; unknown: number; fallbacks: number; own: number };

beforeEach(() => {
  totals = { answered: 0, unknown: 0, fallbacks: 0, own: 0 };
  traffic = new ResourceTraffic(new FakeClock());
  traffic.add(source(() => totals));
});

function source(read: () => TrafficTotals): TrafficSource {
  return {
    proves: undefined,
    succeededTries: 0,
    failing: undefined,
    forgetFailures: () => {},
    get totals() {
      return read();
    },
  };
}

interface Calls {
  readonly own?: number;
  readonly fallbacks?: number;
  readonly unknown?: number;
}

/** As many samples of 5 s, each after these calls. */
function pass(samples: number, { own = 0, fallbacks = 0, unknown = 0 }: Calls = {}): void {
  for (let sample = 0; sample < samples; sample++) {
    totals.answered += own + fallbacks + unknown;
    totals.own += own;
    totals.fallbacks += fallbacks;
    totals.unknown += unknown;
    traffic.sample();
  }
}

describe('ResourceTraffic: unknown errors', () => {
  it('resilience rule 13: a share of unknown errors over 10 % of a window marks the resource, and says so', () => {
    pass(2, { own: 88, unknown: 12 });
    expect(traffic.report).toEqual({ reachability: 'reachable' });
    pass(1, { own: 88, unknown: 12 });
    expect(traffic.report).toEqual({
      reachability: 'impaired',
      reason:
        'unknown errors, which may be a defect: 12 % of the calls of the last minute; see the log',
    });
  });

  it('resilience rule 13: 10 % is not over 10 %', () => {
    pass(60, { own: 90, unknown: 10 });
    expect(traffic.report.reachability).toBe('reachable');
  });

  it('resilience rule 13: the share of few calls says nothing', () => {
    pass(60, { own: 0, unknown: 1 });
    expect(traffic.report.reachability).toBe('reachable');
  });

  it('resilience rule 13: is over when the window has moved on, at the second sample that says so', () => {
    pass(12, { own: 50, unknown: 50 });
    pass(10, { own: 100 });
    expect(traffic.report.reachability).toBe('impaired');
    pass(1, { own: 100 });
    expect(traffic.report.reachability).toBe('reachable');
  });
});

describe('ResourceTraffic: fallbacks', () => {
  it('resilience rule 14: fallbacks for more than 1 % of the calls for a minute mark the resource', () => {
    pass(12, { own: 98, fallbacks: 2 });
    expect(traffic.report).toEqual({ reachability: 'reachable' });
    pass(1, { own: 98, fallbacks: 2 });
    expect(traffic.report).toEqual({
      reachability: 'impaired',
      reason: 'fallbacks answered 2 % of the calls of the last minute',
    });
  });

  it('resilience rule 14: 1 % is not more than 1 %', () => {
    pass(100, { own: 99, fallbacks: 1 });
    expect(traffic.report.reachability).toBe('reachable');
  });

  it('resilience rule 14: a burst shorter than a minute is none', () => {
    pass(11, { own: 50, fallbacks: 50 });
    pass(60, { own: 100 });
    expect(traffic.report.reachability).toBe('reachable');
  });

  it('resilience rule 14: bursts again and again are', () => {
    for (let burst = 0; burst < 3; burst++) {
      pass(1, { fallbacks: 100 });
      pass(5, { own: 100 });
    }
    expect(traffic.report.reachability).toBe('impaired');
  });

  it('resilience rule 14: one call of two does not mark the resource', () => {
    pass(1, { own: 1, fallbacks: 1 });
    pass(60);
    pass(1, { own: 1, fallbacks: 1 });
    pass(60);
    expect(traffic.report.reachability).toBe('reachable');
  });

  it('resilience rule 14: is over when a minute went without, at the second sample that says so', () => {
    pass(20, { own: 50, fallbacks: 50 });
    const reports = Array.from({ length: 14 }, () => {
      pass(1, { own: 100 });
      return traffic.report.reachability;
    });
    expect(reports.indexOf('reachable')).toBe(12);
  });

  it('resilience rule 14: only fallbacks for five minutes, and nobody answers for the resource', () => {
    pass(60, { fallbacks: 10 });
    expect(traffic.report.reachability).toBe('impaired');
    pass(1, { fallbacks: 10 });
    expect(traffic.report).toEqual({
      reachability: 'unreachable',
      reason: 'only fallbacks have answered for five minutes',
    });
  });

  it('resilience rule 14: also where calls are rare', () => {
    for (let call = 0; call < 4; call++) {
      pass(1, { fallbacks: 1 });
      pass(19);
    }
    expect(traffic.report.reachability).toBe('unreachable');
  });

  it('resilience rule 14: one answer of the dependency itself begins the five minutes anew', () => {
    pass(59, { fallbacks: 10 });
    pass(1, { own: 1, fallbacks: 10 });
    pass(60, { fallbacks: 10 });
    expect(traffic.report.reachability).toBe('impaired');
    pass(1, { fallbacks: 10 });
    expect(traffic.report.reachability).toBe('unreachable');
    pass(2, { own: 1, fallbacks: 10 });
    expect(traffic.report.reachability).toBe('impaired');
  });

  it("resilience rule 14: an answer that is counted after its fallback was is not the dependency's", () => {
    totals.own = -5;
    pass(30, { fallbacks: 10 });
    totals.own = 0;
    pass(31, { fallbacks: 10 });
    expect(traffic.report.reachability).toBe('unreachable');
  });

  it('resilience rule 14: without calls for five minutes nothing is known any more', () => {
    pass(61, { fallbacks: 10 });
    pass(61);
    expect(traffic.report.reachability).toBe('unreachable');
    pass(1);
    expect(traffic.report.reachability).toBe('reachable');
  });
});

describe('ResourceTraffic', () => {
  it('forgets what the calls met in an outage that is over', () => {
    pass(70, { fallbacks: 50, unknown: 50 });
    traffic.forget();
    expect(traffic.report).toEqual({ reachability: 'reachable' });
    pass(12, { own: 80, fallbacks: 20 });
    expect(traffic.report.reachability).toBe('reachable');
    pass(1, { own: 80, fallbacks: 20 });
    expect(traffic.report.reachability).toBe('impaired');
  });

  it('adds up all operations of a resource', () => {
    traffic.add(source(() => ({ answered: 0, unknown: 0, fallbacks: 0, own: 0 })));
    pass(13, { own: 98, fallbacks: 2 });
    expect(traffic.report.reachability).toBe('impaired');
  });
});
