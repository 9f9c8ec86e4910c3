import { TaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import fc from 'fast-check';
import { isMainstayError } from 'nestjs-mainstay/common';
import OpossumBreaker from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Guarded, RESET } from './guarded.js';

const TIMEOUT_MS = 1_000;
const LONG_MS = 10_000;

interface Plan {
  readonly durationMs: number;
  readonly fails: boolean;
}

/** How a call ended and when. */
function watch(call: Promise<string>, now: () => number, isTimeout: (error: unknown) => boolean) {
  const seen = { ending: 'pending', at: 0 };
  const end = (how: string): void => void Object.assign(seen, { ending: how, at: now() });
  call.then(end, (error: unknown) => end(isTimeout(error) ? 'timed out' : String(error)));
  return seen;
}

/** Work of a peer, on the faked timers. */
function work({ durationMs, fails }: Plan): Promise<string> {
  return new Promise((resolve, reject) => {
    setTimeout(() => (fails ? reject(RESET) : resolve('value')), durationMs);
  });
}

async function runOurs({ durationMs, fails }: Plan) {
  const guarded = new Guarded({ breaker: false, tryTimeoutMs: TIMEOUT_MS });
  const { clock } = guarded;
  const call = guarded.run(async () => {
    await clock.sleep(durationMs);
    if (fails) throw RESET;
    return 'value';
  });
  const isTimeout = (error: unknown): boolean => isMainstayError(error, 'OPERATION_TIMEOUT');
  const seen = watch(call, () => clock.now(), isTimeout);
  await clock.advance(LONG_MS);
  return seen;
}

async function runCockatiels(plan: Plan) {
  vi.setSystemTime(0);
  const policy = timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive);
  const call = policy.execute(() => work(plan));
  const isTimeout = (error: unknown): boolean => error instanceof TaskCancelledError;
  const seen = watch(call, () => Date.now(), isTimeout);
  await vi.advanceTimersByTimeAsync(LONG_MS);
  return seen;
}

async function runOpossums(plan: Plan) {
  vi.setSystemTime(0);
  const breaker = new OpossumBreaker(() => work(plan), { timeout: TIMEOUT_MS });
  const isTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === 'ETIMEDOUT';
  const seen = watch(breaker.fire(), () => Date.now(), isTimeout);
  await vi.advanceTimersByTimeAsync(LONG_MS);
  breaker.shutdown();
  return seen;
}

describe('the timeout of a try, beside its peers', { timeout: 60_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const plan: fc.Arbitrary<Plan> = fc.record({
    durationMs: fc
      .oneof(fc.nat(3_000), fc.constantFrom(TIMEOUT_MS - 1, TIMEOUT_MS + 1))
      .filter((durationMs) => durationMs !== TIMEOUT_MS),
    fails: fc.boolean(),
  });

  it("agrees with cockatiel's aggressive timeout on how and when each call ends", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await runOurs(planned)).toEqual(await runCockatiels(planned));
      }),
      { numRuns: 300 },
    );
  });

  it("agrees with opossum's timeout on how and when each call ends", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await runOurs(planned)).toEqual(await runOpossums(planned));
      }),
      { numRuns: 300 },
    );
  });
});
