import { describe, expect, it } from 'vitest';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.js';

const DEFAULTS: Required<RetryBudgetOptions> = { minimumRetries: 3, share: 0.1, windowMs: 10_000 };

function setUp(options: RetryBudgetOptions = {}, now = 0): RetryBudget {
  return new RetryBudget({ ...DEFAULTS, ...options }, now);
}

function succeed(budget: RetryBudget, times: number, now: number): void {
  for (let i = 0; i < times; i++) budget.recordSuccess(now);
}

/** How many retries in a row are granted. */
function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0;
  while (budget.tryTake(now)) taken++;
  return taken;
}

describe('RetryBudget', () => {
  it('resilience rule 4: allows 3 retries where nothing succeeded', () => {
    expect(takeAll(setUp(), 0)).toBe(3);
  });

  it('resilience rule 4: allows a tenth of the successes where that is more', () => {
    const budget = setUp();
    succeed(budget, 70, 0);
    expect(takeAll(budget, 0)).toBe(7);
    succeed(budget, 9, 0);
    expect(takeAll(budget, 0)).toBe(0);
    succeed(budget, 1, 0);
    expect(takeAll(budget, 0)).toBe(1);
  });

  it('counts in whole retries, whatever binary fractions make of the share', () => {
    for (const [share, successes] of [
      [0.1, 30],
      [0.1, 70],
      [0.29, 100],
      [0.07, 100],
    ] as const) {
      const budget = setUp({ share });
      succeed(budget, successes, 0);
      expect(budget.status(0).limit).toBe(Math.round(share * successes));
    }
  });

  it('a denied retry costs nothing', () => {
    const budget = setUp();
    takeAll(budget, 0);
    for (let i = 0; i < 100; i++) budget.tryTake(5_000);
    expect(budget.status(5_000).retries).toBe(3);
    expect(takeAll(budget, 10_000)).toBe(3);
  });

  it('resilience rule 4: retries are given back when they are 10 s old, each tenth on its own', () => {
    const budget = setUp();
    expect([budget.tryTake(0), budget.tryTake(1_500), budget.tryTake(9_999)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(takeAll(budget, 9_999)).toBe(0);
    expect(takeAll(budget, 10_000)).toBe(1);
    expect(takeAll(budget, 10_999)).toBe(0);
    expect(takeAll(budget, 11_000)).toBe(1);
    expect(takeAll(budget, 18_999)).toBe(0);
    expect(takeAll(budget, 19_000)).toBe(1);
  });

  it('resilience rule 4: what succeeded an hour ago allows nothing', () => {
    const budget = setUp();
    succeed(budget, 10_000, 0);
    expect(budget.status(3_600_000)).toEqual({ successes: 0, retries: 0, limit: 3 });
    expect(takeAll(budget, 3_600_000)).toBe(3);
  });

  it('forgets a bucket when its turn comes again, also after a pause of many windows', () => {
    const budget = setUp();
    succeed(budget, 50, 9_500);
    expect(budget.status(19_000).successes).toBe(0);
    succeed(budget, 40, 19_000);
    expect(budget.status(123_456)).toEqual({ successes: 0, retries: 0, limit: 3 });
  });

  it('starts at any time of the clock', () => {
    const budget = setUp({}, 1_234_567.89);
    succeed(budget, 40, 1_234_567.89);
    expect(budget.status(1_240_000)).toEqual({ successes: 40, retries: 0, limit: 4 });
    expect(budget.status(1_244_567.9).successes).toBe(0);
  });

  it('takes a time before the last one for the last one', () => {
    const budget = setUp({}, 5_000);
    succeed(budget, 40, 4_000);
    expect(budget.status(5_000).successes).toBe(40);
    expect(budget.status(15_000).successes).toBe(0);
  });

  it('follows its options', () => {
    const budget = setUp({ minimumRetries: 0, share: 1, windowMs: 1_000 });
    expect(takeAll(budget, 0)).toBe(0);
    succeed(budget, 2, 0);
    expect(takeAll(budget, 999)).toBe(2);
    expect(budget.status(1_000)).toEqual({ successes: 0, retries: 2, limit: 0 });
    expect(budget.status(1_900).retries).toBe(0);
  });
});
