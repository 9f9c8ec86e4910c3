import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.js';

const OPTIONS = { minimumRetries: 3, share: 0.1, windowMs: 10_000 };
const BUCKET_MS = 1_000;

/** The budget's rule written down as plainly as possible: lists of times, recounted at every step. */
class ModelBudget {
  readonly successes: number[] = [];
  readonly retries: number[] = [];

  tryTake(now: number): boolean {
    const { retries, limit } = this.status(now);
    if (retries >= limit) return false;
    this.retries.push(now);
    return true;
  }

  status(now: number) {
    const oldestBucket = Math.floor(now / BUCKET_MS) - 9;
    const counts = (at: number): boolean => Math.floor(at / BUCKET_MS) >= oldestBucket;
    const successes = this.successes.filter(counts).length;
    const retries = this.retries.filter(counts).length;
    return { successes, retries, limit: Math.max(3, Math.floor(successes / 10)) };
  }
}

type Step = { do: 'succeed' | 'take'; times: number } | { do: 'wait'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('succeed' as const), times: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constant('take' as const), times: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    do: fc.constant('wait' as const),
    ms: fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: 0, max: 3_000, noNaN: true }) },
      { weight: 2, arbitrary: fc.constantFrom(1_000, 9_000, 10_000) },
      { weight: 1, arbitrary: fc.nat(100_000) },
    ),
  }),
);
const startsAt = fc.double({ min: 0, max: 1e6, noNaN: true });

describe('RetryBudget against a model', { timeout: 60_000 }, () => {
  it('resilience rule 4: grants and counts what the model does, whatever happens when', () => {
    fc.assert(
      fc.property(startsAt, fc.array(step, { maxLength: 80, size: 'max' }), (start, steps) => {
        const budget = new RetryBudget(OPTIONS, start);
        const model = new ModelBudget();
        let now = start;
        for (const one of steps) {
          if (one.do === 'wait') now += one.ms;
          else {
            for (let i = 0; i < one.times; i++) {
              if (one.do === 'take') expect(budget.tryTake(now)).toBe(model.tryTake(now));
              else {
                budget.recordSuccess(now);
                model.successes.push(now);
              }
            }
          }
          expect(budget.status(now)).toEqual(model.status(now));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('resilience rule 4: in no 9 s are there more retries than 3 and a tenth of the successes of 10 s before each', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const budget = new RetryBudget(OPTIONS, 0);
        const successes: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const one of steps) {
          if (one.do === 'wait') now += one.ms;
          else if (one.do === 'succeed') {
            for (let i = 0; i < one.times; i++) {
              budget.recordSuccess(now);
              successes.push(now);
            }
          } else if (budget.tryTake(now)) {
            retries.push(now);
            const retried = retries.filter((at) => at > now - 9_000).length;
            const succeeded = successes.filter((at) => at > now - 10_000).length;
            expect(retried).toBeLessThanOrEqual(Math.max(3, succeeded / 10));
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
