import {
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  SamplingBreaker,
  circuitBreaker,
  handleAll,
  type IBreaker,
} from 'cockatiel';
import fc from 'fast-check';
import type { BreakerOptions } from 'nestjs-mainstay/resilience';
import OpossumBreaker from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ending, Guarded, type Ending } from './guarded.js';

/** A breaker that is called one call after the other. */
interface Subject {
  call(fails: boolean): Promise<Ending>;
  /** Its state after a call. */
  state(): string;
  advance(ms: number): Promise<void> | void;
}

const OPEN_MS = 500;
/** A share that no number of calls in these tests meets exactly: the peers open above it, we open at it. */
const SHARE = 0.4637;
/** Without jitter (the simulated clock is told so below) and with a single probe, as the peers. */
const ALIKE: BreakerOptions = { openMs: OPEN_MS, halfOpenPermits: 1 };
const NEVER_BY_SHARE: BreakerOptions = { minimumCalls: 1_000_000, failureRatio: 1 };
const NEVER_IN_A_ROW: BreakerOptions = { consecutiveFailures: 1_000_000 };

function ours(options: BreakerOptions): Subject {
  const guarded = new Guarded({ breaker: { ...ALIKE, ...options } });
  vi.spyOn(guarded.clock, 'random').mockReturnValue(0.5);
  return {
    call: (fails) => ending((work) => guarded.run(work), fails),
    state: () => guarded.pipeline.breaker?.state ?? 'none',
    advance: (ms) => guarded.clock.advance(ms),
  };
}

function cockatiels(breaker: IBreaker): Subject {
  const names = {
    [CircuitState.Closed]: 'closed',
    [CircuitState.Open]: 'open',
    [CircuitState.HalfOpen]: 'half-open',
    [CircuitState.Isolated]: 'isolated',
  };
  const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker });
  return {
    call: (fails) => ending((work) => policy.execute(work), fails),
    state: () => names[policy.state],
    advance: (ms) => void vi.advanceTimersByTime(ms),
  };
}

const OPOSSUM_WINDOW_MS = 100;

function opossums(minimumCalls: number): Subject & { close(): void } {
  const breaker = new OpossumBreaker((work: () => Promise<void>) => work(), {
    timeout: false,
    resetTimeout: OPEN_MS,
    errorThresholdPercentage: SHARE * 100,
    volumeThreshold: minimumCalls,
    rollingCountTimeout: OPOSSUM_WINDOW_MS,
    rollingCountBuckets: 10,
    rollingPercentilesEnabled: false,
  });
  return {
    call: (fails) => ending((work) => breaker.fire(work), fails),
    state: () => (breaker.closed ? 'closed' : breaker.opened ? 'open' : 'half-open'),
    advance: (ms) => void vi.advanceTimersByTime(ms),
    close: () => breaker.shutdown(),
  };
}

/** A number waits so many milliseconds. */
type Step = 'succeed' | 'fail' | number;

const stepWith = (waits: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('succeed' as const) },
    { weight: 5, arbitrary: fc.constant('fail' as const) },
    { weight: 3, arbitrary: waits },
  );
const steps = (waits: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(stepWith(waits), { maxLength: 120, size: 'max' });

/** What both do at each step: how a call ended and the state after it. */
async function take(subject: Subject, step: Step): Promise<string> {
  if (typeof step !== 'number') {
    return `${await subject.call(step === 'fail')}, ${subject.state()}`;
  }
  await subject.advance(step);
  return `${step} ms`;
}

/** Takes the same steps with both, and expects the same of both after each. @returns how often they opened */
async function expectAgreement(
  one: Subject,
  other: Subject,
  taken: readonly Step[],
  afterStep: (state: string) => readonly Step[] | 'stop' = () => [],
): Promise<number> {
  const queue = [...taken];
  let openings = 0;
  let before = one.state();
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    expect(await take(one, step)).toBe(await take(other, step));
    const state = one.state();
    if (state === 'open' && before !== 'open') openings++;
    before = state;
    const then = afterStep(state);
    if (then === 'stop') break;
    queue.unshift(...then);
  }
  return openings;
}

describe('the circuit breaker, beside its peers', { timeout: 60_000 }, () => {
  let openings = 0;
  beforeEach(() => {
    openings = 0;
    vi.useFakeTimers({
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("agrees with cockatiel's ConsecutiveBreaker on every call and every state", async () => {
    const waits = fc.oneof(fc.nat(400), fc.constantFrom(OPEN_MS - 1, OPEN_MS, OPEN_MS + 1));
    const failures = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(failures, steps(waits), async (consecutiveFailures, taken) => {
        vi.setSystemTime(0);
        openings += await expectAgreement(
          ours({ ...NEVER_BY_SHARE, consecutiveFailures, consecutiveSpanMs: 0 }),
          cockatiels(new ConsecutiveBreaker(consecutiveFailures)),
          taken,
        );
      }),
      { numRuns: 300 },
    );
    // Otherwise they would have agreed on nothing.
    expect(openings).toBeGreaterThan(50);
  });

  it("agrees with cockatiel's CountBreaker on the call that opens, while its count holds all calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        steps(fc.nat(50)),
        async (minimumCalls, taken) => {
          vi.setSystemTime(0);
          const size = 1_000;
          openings += await expectAgreement(
            ours({ ...NEVER_IN_A_ROW, minimumCalls, failureRatio: SHARE, windowMs: 1_000_000 }),
            cockatiels(
              new CountBreaker({ threshold: SHARE, size, minimumNumberOfCalls: minimumCalls }),
            ),
            taken,
            (state) => (state === 'closed' ? [] : 'stop'),
          );
        },
      ),
      { numRuns: 300 },
    );
    // Otherwise they would have agreed on nothing.
    expect(openings).toBeGreaterThan(50);
  });

  it("agrees with cockatiel's SamplingBreaker on the call that opens, while each second brings calls", async () => {
    const aSecond = fc.array(fc.constantFrom<Step[]>('succeed', 'fail'), {
      minLength: 1,
      maxLength: 6,
    });
    const seconds = fc.array(aSecond, { maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(seconds, async (calls) => {
        vi.setSystemTime(0);
        openings += await expectAgreement(
          ours({ ...NEVER_IN_A_ROW, minimumCalls: 10, failureRatio: SHARE, windowMs: 10_000 }),
          cockatiels(new SamplingBreaker({ threshold: SHARE, duration: 10_000, minimumRps: 1 })),
          calls.flatMap((second) => [...second, 1_000]),
          (state) => (state === 'closed' ? [] : 'stop'),
        );
      }),
      { numRuns: 300 },
    );
    // Otherwise they would have agreed on nothing.
    expect(openings).toBeGreaterThan(50);
  });

  it('agrees with opossum on every call and every state, while its window forgets what it rejected', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        steps(fc.nat(30)),
        async (minimumCalls, taken) => {
          vi.setSystemTime(0);
          const theirs = opossums(minimumCalls);
          let before = 'closed';
          openings += await expectAgreement(
            ours({
              ...NEVER_IN_A_ROW,
              minimumCalls,
              failureRatio: SHARE,
              windowMs: OPOSSUM_WINDOW_MS,
            }),
            theirs,
            taken,
            (state) => {
              const hasChanged = state !== before;
              before = state;
              if (!hasChanged) return [];
              // Its rejections and its probes are samples of its window: nothing is called until they are gone.
              return state === 'open' ? ['fail', 'succeed', OPEN_MS] : [2 * OPOSSUM_WINDOW_MS];
            },
          );
          theirs.close();
        },
      ),
      { numRuns: 300 },
    );
    // Otherwise they would have agreed on nothing.
    expect(openings).toBeGreaterThan(50);
  });
});
