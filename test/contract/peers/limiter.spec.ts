import { bulkhead } from 'cockatiel';
import fc from 'fast-check';
import OpossumBreaker from 'opossum';
import { describe, expect, it } from 'vitest';
import { Guarded, RESET } from './guarded.js';

const MAX_CONCURRENT = 3;

type Work = () => Promise<void>;
type Execute = (work: Work) => Promise<unknown>;
type Step = { do: 'call' } | { do: 'end'; which: number; fails: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(MAX_CONCURRENT - 1),
        fails: fc.boolean(),
      }),
    },
  ),
  { maxLength: 80, size: 'max' },
);

/** Calls and ends work as told. @returns what became of the calls, in its order */
async function course(execute: Execute, taken: readonly Step[]): Promise<string[]> {
  const told: string[] = [];
  const running: ((fails: boolean) => void)[] = [];
  let calls = 0;
  const call = (): void => {
    const id = calls++;
    let hasStarted = false;
    const work = (): Promise<void> => {
      hasStarted = true;
      told.push(`${id} starts`);
      return new Promise((resolve, reject) => {
        running.push((fails) => (fails ? reject(RESET) : resolve()));
      });
    };
    execute(work).then(
      () => told.push(`${id} served`),
      () => told.push(`${id} ${hasStarted ? 'failed' : 'refused'}`),
    );
  };
  for (const step of taken) {
    if (step.do === 'call') call();
    else running.splice(step.which, 1)[0]?.(step.fails);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return told;
}

function ours(maxQueue: number): Execute {
  const guarded = new Guarded({
    breaker: false,
    limiter: { maxConcurrent: MAX_CONCURRENT, maxQueue, maxWaitMs: 1_000 },
  });
  return (work) => guarded.run(work);
}

describe('the limiter, beside its peers', { timeout: 60_000 }, () => {
  it("agrees with cockatiel's bulkhead on who starts, waits and is refused, and in which order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), steps, async (maxQueue, taken) => {
        const policy = bulkhead(MAX_CONCURRENT, maxQueue);
        const theirs: Execute = (work) => policy.execute(work);
        // When a call ends and the next starts in one turn, which is told first is nobody's promise.
        const [a, b] = [await course(ours(maxQueue), taken), await course(theirs, taken)];
        for (const how of ['starts', 'served', 'failed', 'refused']) {
          const only = (told: string[]): string[] => told.filter((text) => text.endsWith(how));
          expect(only(a)).toEqual(only(b));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("agrees with opossum's capacity on who starts and who is refused", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const breaker = new OpossumBreaker((work: Work) => work(), {
          timeout: false,
          capacity: MAX_CONCURRENT,
          volumeThreshold: 1_000_000,
        });
        const theirs = await course((work) => breaker.fire(work), taken);
        breaker.shutdown();
        expect(await course(ours(0), taken)).toEqual(theirs);
      }),
      { numRuns: 300 },
    );
  });
});
