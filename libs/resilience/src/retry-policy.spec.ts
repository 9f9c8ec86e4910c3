import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import type { Classification } from './classification.js';
import { resolvePipelineOptions } from './resolve-options.js';
import { RetryPolicy } from './retry-policy.js';

const TRANSIENT: Classification = { kind: 'transient', type: 'X' };
const THROTTLED: Classification = { kind: 'throttled', type: 'X' };

function setUp(random: number) {
  const clock = new FakeClock();
  clock.randoms.push(random);
  return new RetryPolicy(resolvePipelineOptions().retry, clock);
}

describe('RetryPolicy', () => {
  describe('delayMs', () => {
    it.each([
      [1, 50],
      [2, 100],
      [3, 200],
      [10, 20_000],
      [100, 20_000],
    ])('resilience rule 3: after %i tries the wait is below %i ms', (tries, maxMs) => {
      expect(setUp(0.999).delayMs(tries, TRANSIENT)).toBeCloseTo(0.999 * maxMs);
      expect(setUp(0).delayMs(tries, TRANSIENT)).toBe(0);
    });

    it('resilience rule 3: begins with 1 s after the dependency asked to slow down', () => {
      expect(setUp(0.5).delayMs(1, THROTTLED)).toBe(500);
    });

    it('resilience rule 3: honours what the dependency asks for', () => {
      expect(setUp(0.5).delayMs(1, { ...THROTTLED, retryAfterMs: 2_000 })).toBe(2_000);
    });

    it('resilience rule 3: but waits no shorter than its own back-off', () => {
      expect(setUp(0.5).delayMs(1, { ...THROTTLED, retryAfterMs: 10 })).toBe(500);
    });

    it('resilience rule 3: and no more than 5 s longer', () => {
      expect(setUp(0.5).delayMs(1, { ...THROTTLED, retryAfterMs: 3_600_000 })).toBe(5_500);
    });

    it('resilience rule 3: a hint that is no number is none', () => {
      expect(setUp(0.5).delayMs(1, { ...THROTTLED, retryAfterMs: Number.NaN })).toBe(500);
    });
  });

  describe('mayRetry', () => {
    const policy = setUp(0.5);

    it.each(['timeout', 'throttled', 'unavailable', 'transient'] as const)(
      'resilience rule 2: %s is retried if that is safe',
      (kind) => {
        expect(policy.mayRetry({ kind, type: 'X' }, true)).toBe(true);
        expect(policy.mayRetry({ kind, type: 'X' }, false)).toBe(false);
        expect(policy.mayRetry({ kind, type: 'X', notSent: true }, false)).toBe(true);
      },
    );

    it.each(['cancelled', 'rejected', 'permanent', 'unknown'] as const)(
      'resilience rule 12: %s is never retried',
      (kind) => {
        expect(policy.mayRetry({ kind, type: 'X', notSent: true }, true)).toBe(false);
      },
    );

    it('an error that says so is not retried', () => {
      expect(policy.mayRetry({ ...TRANSIENT, retryable: false }, true)).toBe(false);
    });
  });
});
