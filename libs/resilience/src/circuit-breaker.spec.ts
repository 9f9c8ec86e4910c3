import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';
import type { CircuitPermit } from './circuit-leases.js';
import type { CircuitTransition } from './circuit-transition.js';
import { CircuitOpenError } from './circuit-open.error.js';
import type { ResolvedBreakerOptions } from './resolve-options.js';

const DEFAULTS: ResolvedBreakerOptions = {
  failureRatio: 0.5,
  minimumCalls: 10,
  windowMs: 10_000,
  consecutiveFailures: 5,
  consecutiveSpanMs: 1_000,
  openMs: 5_000,
  halfOpenPermits: 3,
  opensOnRefused: false,
  slowCallMs: Infinity,
  slowCallRatio: 0.5,
};
const LEASE_MS = 20_000;

function setUp(options: Partial<ResolvedBreakerOptions> = {}) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker('cache', { ...DEFAULTS, ...options }, LEASE_MS, clock);
  const transitions: CircuitTransition[] = [];
  breaker.subscribe((transition) => transitions.push(transition));
  return { clock, breaker, transitions };
}

function succeed(breaker: CircuitBreaker, times = 1): void {
  for (let i = 0; i < times; i++) breaker.recordSuccess(breaker.admit());
}

function fail(breaker: CircuitBreaker, times = 1): void {
  for (let i = 0; i < times; i++) breaker.recordFailure(breaker.admit());
}

async function setUpHalfOpen() {
  const all = setUp();
  fail(all.breaker, 10);
  await all.clock.advance(5_000);
  return all;
}

function take(breaker: CircuitBreaker, count: number): CircuitPermit[] {
  return Array.from({ length: count }, () => breaker.admit());
}

describe('CircuitBreaker', () => {
  afterEach(() => vi.restoreAllMocks());

  describe('closed', () => {
    it('resilience rule 8: opens at a failure share of 50 % of 10 calls', () => {
      const { breaker, transitions } = setUp();
      succeed(breaker, 5);
      fail(breaker, 4);
      expect(breaker.state).toBe('closed');
      fail(breaker);
      expect(breaker.state).toBe('open');
      expect(transitions).toEqual([
        { resource: 'cache', from: 'closed', to: 'open', reason: 'failure-ratio', at: 0 },
      ]);
    });

    it('resilience rule 8: does not judge fewer than 10 calls', () => {
      const { breaker } = setUp();
      fail(breaker, 9);
      expect(breaker.state).toBe('closed');
    });

    it('resilience rule 8: calls of more than 10 s ago no longer count', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 4);
      succeed(breaker, 1);
      await clock.advance(11_000);
      succeed(breaker, 4);
      fail(breaker, 4);
      expect(breaker.state).toBe('closed');
    });

    it('resilience rule 8: opens after 5 consecutive failures over 1 s', async () => {
      const { clock, breaker, transitions } = setUp();
      fail(breaker, 4);
      await clock.advance(1_000);
      fail(breaker);
      expect(transitions[0]?.reason).toBe('consecutive-failures');
    });

    it('resilience rule 8: 5 consecutive failures within less than 1 s do not open', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 4);
      await clock.advance(999);
      fail(breaker);
      expect(breaker.state).toBe('closed');
    });

    it('a success ends a row of failures', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 4);
      succeed(breaker);
      await clock.advance(1_000);
      fail(breaker, 4);
      expect(breaker.state).toBe('closed');
    });

    it('resilience rule 12: neutral results are not counted', () => {
      const { breaker } = setUp();
      for (let i = 0; i < 100; i++) breaker.recordNeutral(breaker.admit());
      fail(breaker, 9);
      expect(breaker.state).toBe('closed');
    });
  });

  describe('open', () => {
    it('rejects at once and says when to come back', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 10);
      await clock.advance(1_500);
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
      try {
        breaker.admit();
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 3_500 });
      }
    });

    it.each([
      [0, 4_000],
      [0.5, 5_000],
      [0.9999999, 6_000],
    ])(
      'resilience rule 8: stays open for 5 s ± 20 %% (random %d: %d ms)',
      async (random, openMs) => {
        const { clock, breaker } = setUp();
        clock.randoms.push(random);
        fail(breaker, 10);
        await clock.advance(openMs - 1);
        expect(() => breaker.admit()).toThrow(CircuitOpenError);
        await clock.advance(1);
        expect(breaker.admit()).toBeDefined();
        expect(breaker.state).toBe('half-open');
      },
    );

    it('resilience rule 10: answers of calls from before change nothing', () => {
      const { breaker, transitions } = setUp();
      const [early, late] = take(breaker, 2) as [CircuitPermit, CircuitPermit];
      fail(breaker, 10);
      breaker.recordSuccess(early);
      breaker.recordFailure(late);
      expect(transitions).toHaveLength(1);
    });

    it('resilience rule 10: a success from before the outage does not end a streak of failures after it', async () => {
      const { clock, breaker } = setUp();
      const early = breaker.admit();
      fail(breaker, 10);
      breaker.recordProbe(true);
      fail(breaker, 4);
      breaker.recordSuccess(early);
      await clock.advance(1_000);
      fail(breaker);
      expect(breaker.status()).toMatchObject({ state: 'open', reason: 'consecutive-failures' });
    });

    it('resilience rule 8: a successful probe ends it at once', () => {
      const { breaker, transitions } = setUp();
      fail(breaker, 10);
      breaker.recordProbe(true);
      expect(breaker.state).toBe('closed');
      expect(transitions[1]).toMatchObject({ from: 'open', to: 'closed', reason: 'probe' });
    });

    it('a failed probe changes nothing', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 10);
      await clock.advance(4_999);
      breaker.recordProbe(false);
      await clock.advance(1);
      expect(breaker.admit()).toBeDefined();
    });
  });

  describe('half-open', () => {
    it('resilience rule 9: gives out 3 permits and rejects everyone else', async () => {
      const { breaker } = await setUpHalfOpen();
      take(breaker, 3);
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
    });

    it('resilience rule 9: closes when all 3 succeed', async () => {
      const { breaker, transitions } = await setUpHalfOpen();
      succeed(breaker, 2);
      expect(breaker.state).toBe('half-open');
      succeed(breaker);
      expect(breaker.state).toBe('closed');
      expect(transitions.map(({ reason }) => reason)).toEqual([
        'failure-ratio',
        'open-time-over',
        'half-open-success',
      ]);
    });

    it('resilience rule 9: no fourth call gets in beside permits that are out', async () => {
      const { breaker } = await setUpHalfOpen();
      const [first] = take(breaker, 3) as [CircuitPermit];
      breaker.recordSuccess(first);
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
    });

    it('resilience rule 9: the first failure reopens for the whole time', async () => {
      const { clock, breaker, transitions } = await setUpHalfOpen();
      succeed(breaker, 2);
      fail(breaker);
      expect(transitions.at(-1)).toMatchObject({ to: 'open', reason: 'half-open-failure' });
      await clock.advance(4_999);
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
    });

    it('resilience rule 9: a neutral result gives its permit back', async () => {
      const { breaker } = await setUpHalfOpen();
      const permits = take(breaker, 3);
      breaker.recordNeutral(permits[1] as CircuitPermit);
      expect(breaker.admit()).toBeDefined();
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
    });

    it('resilience rule 9: a hung call loses its permit after the lease', async () => {
      const { clock, breaker } = await setUpHalfOpen();
      const [hung] = take(breaker, 3) as [CircuitPermit];
      await clock.advance(LEASE_MS);
      expect(take(breaker, 3)).toHaveLength(3);
      breaker.recordFailure(hung);
      expect(breaker.state).toBe('half-open');
    });

    it('a result that is reported twice counts once', async () => {
      const { breaker } = await setUpHalfOpen();
      const permit = breaker.admit();
      for (let i = 0; i < 3; i++) breaker.recordSuccess(permit);
      expect(breaker.state).toBe('half-open');
    });

    it('resilience rule 8: a failed probe counts as a failure and reopens', async () => {
      const { breaker } = await setUpHalfOpen();
      breaker.admit();
      breaker.recordProbe(false);
      expect(breaker.state).toBe('open');
    });

    it('begins with an empty window after closing', async () => {
      const { breaker } = await setUpHalfOpen();
      succeed(breaker, 3);
      fail(breaker, 9);
      expect(breaker.state).toBe('closed');
    });
  });

  describe('probes while closed', () => {
    it('resilience rule 8: failed ones count as failures', async () => {
      const { clock, breaker } = setUp();
      for (let i = 0; i < 5; i++) {
        breaker.recordProbe(false);
        await clock.advance(500);
      }
      expect(breaker.state).toBe('open');
    });

    it('a successful one ends a row of failures', async () => {
      const { clock, breaker } = setUp();
      for (let i = 0; i < 20; i++) {
        breaker.recordProbe(i % 4 === 3);
        await clock.advance(3_000);
      }
      expect(breaker.state).toBe('closed');
    });
  });

  describe('operated by hand', () => {
    it('resilience rule 19: isolated, it rejects until it is reset', async () => {
      const { clock, breaker, transitions } = setUp();
      breaker.isolate();
      await clock.advance(60_000);
      breaker.recordProbe(true);
      expect(() => breaker.admit()).toThrow(CircuitOpenError);
      breaker.reset();
      expect(breaker.admit()).toBeDefined();
      expect(transitions.map(({ reason }) => reason)).toEqual(['isolated', 'reset']);
    });

    it('resilience rule 19: a reset forgets the failures, the row of them included', async () => {
      const { clock, breaker } = setUp();
      fail(breaker, 4);
      breaker.reset();
      await clock.advance(2_000);
      fail(breaker, 4);
      expect(breaker.state).toBe('closed');
    });
  });

  describe('listeners', () => {
    it('resilience rule 17: one that throws changes nothing, and the others are called', () => {
      const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const { clock } = setUp();
      const breaker = new CircuitBreaker('cache', DEFAULTS, LEASE_MS, clock);
      const seen: string[] = [];
      breaker.subscribe(() => {
        throw new Error('a defect in a listener');
      });
      breaker.subscribe(({ to }) => seen.push(to));
      fail(breaker, 10);
      expect(seen).toEqual(['open']);
      expect(logged).toHaveBeenCalledTimes(1);
    });

    it('are called no more after they unsubscribed, even in the middle of a transition', () => {
      const { breaker } = setUp();
      const seen: string[] = [];
      const unsubscribe = breaker.subscribe(({ to }) => {
        seen.push(to);
        unsubscribe();
      });
      breaker.isolate();
      breaker.reset();
      expect(seen).toEqual(['isolated']);
    });

    it('may subscribe others in the middle of a transition', () => {
      const { breaker } = setUp();
      const seen: string[] = [];
      breaker.subscribe(() => void breaker.subscribe(({ to }) => seen.push(to)));
      breaker.isolate();
      expect(seen).toEqual([]);
    });
  });
});
