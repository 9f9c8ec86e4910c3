import { ExponentialBackoff, fullJitterGenerator, handleAll, retry } from 'cockatiel';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Guarded, RESET } from './guarded.js';

interface Course {
  /** When each try was made. */
  readonly tries: number[];
  ending: string;
}

interface Plan {
  readonly maxTries: number;
  readonly failures: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly random: number;
}

/** Longer than all waits of a plan together. */
const LONG_MS = 1_000_000;

/** Work that fails so many times, and what becomes of it. */
function watch(plan: Plan, now: () => number) {
  const course: Course = { tries: [], ending: 'pending' };
  const work = (): Promise<string> => {
    course.tries.push(now());
    return course.tries.length <= plan.failures ? Promise.reject(RESET) : Promise.resolve('value');
  };
  const follow = (call: Promise<string>): void => {
    call.then(
      (value) => (course.ending = value),
      (error: unknown) => (course.ending = error === RESET ? 'its own error' : String(error)),
    );
  };
  return { course, work, follow };
}

async function runOurs(plan: Plan): Promise<Course> {
  const { maxTries, baseDelayMs, maxDelayMs } = plan;
  const guarded = new Guarded({
    breaker: false,
    retry: { maxTries, baseDelayMs, maxDelayMs, budget: false },
  });
  vi.spyOn(guarded.clock, 'random').mockReturnValue(plan.random);
  const { course, work, follow } = watch(plan, () => guarded.clock.now());
  follow(guarded.run(work));
  await guarded.clock.advance(LONG_MS);
  return course;
}

async function runCockatiels(plan: Plan): Promise<Course> {
  vi.setSystemTime(0);
  vi.spyOn(Math, 'random').mockReturnValue(plan.random);
  const { maxTries, baseDelayMs: initialDelay, maxDelayMs: maxDelay } = plan;
  const backoff = new ExponentialBackoff({
    generator: fullJitterGenerator,
    initialDelay,
    maxDelay,
  });
  const policy = retry(handleAll, { maxAttempts: maxTries - 1, backoff });
  const { course, work, follow } = watch(plan, () => Date.now());
  follow(policy.execute(work));
  await vi.advanceTimersByTimeAsync(LONG_MS);
  return course;
}

/** Delays that stay whole when they are quartered: cockatiel cuts off fractions of a millisecond. */
const delayMs = fc.integer({ min: 1, max: 5_000 }).map((quarter) => 4 * quarter);

describe('retrying, beside its peers', { timeout: 60_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("agrees with cockatiel's retry and full jitter on when each try is made and how the call ends", async () => {
    const plan: fc.Arbitrary<Plan> = fc.record({
      maxTries: fc.integer({ min: 1, max: 8 }),
      failures: fc.nat(9),
      baseDelayMs: delayMs,
      maxDelayMs: delayMs,
      random: fc.constantFrom(0.25, 0.5, 0.75),
    });
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await runOurs(planned)).toEqual(await runCockatiels(planned));
      }),
      { numRuns: 300 },
    );
  });
});
