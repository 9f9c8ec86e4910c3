import fc from 'fast-check';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, it } from 'vitest';
import { ChaosStages } from './chaos-stages.js';

interface Planned {
  readonly operation: string | undefined;
  readonly after: number;
  readonly times: number;
}

const operations = fc.constantFrom('get', 'set');
const planned = fc.record<Planned>({
  operation: fc.option(operations, { nil: undefined }),
  after: fc.nat({ max: 3 }),
  times: fc.nat({ max: 3 }),
});

/**
 * The specification, written the naive way: each stage is a list of what happens to the calls that are meant for it, and
 * a call takes the head of the first list that is not empty.
 */
function expected(stages: readonly Planned[], calls: readonly string[]): (number | undefined)[] {
  const lists = stages.map(({ after, times }) =>
    times === 0 ? [] : [...Array<boolean>(after).fill(false), ...Array<boolean>(times).fill(true)],
  );
  return calls.map((call) => {
    const index = stages.findIndex(
      ({ operation }, at) => (operation ?? call) === call && lists[at]?.length,
    );
    return lists[index]?.shift() ? index : undefined;
  });
}

function actual(stages: readonly Planned[], calls: readonly string[]): (number | undefined)[] {
  const staged = new ChaosStages(new FakeClock());
  const active = stages.map(({ operation, ...counts }, result) =>
    staged.add({ ...counts, result, ...(operation === undefined ? {} : { operation }) }),
  );
  return calls.map((operation) => {
    const stage = staged.strike({ resource: 'any', operation, arg: undefined, tryNumber: 1 });
    return stage && active.indexOf(stage);
  });
}

describe('ChaosStages', () => {
  it('strike what the naive lists say, whatever is staged and called in which order', () => {
    fc.assert(
      fc.property(
        fc.array(planned, { maxLength: 5 }),
        fc.array(operations, { maxLength: 40 }),
        (stages, calls) => {
          const found = actual(stages, calls);
          const wanted = expected(stages, calls);
          return found.every((value, at) => value === wanted[at]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('strike exactly `times` calls of those that are meant, once `after` have passed, and are empty then', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.nat({ max: 20 }),
        fc.nat({ max: 60 }),
        (after, times, calls) => {
          const staged = new ChaosStages(new FakeClock());
          const stage = staged.add({ result: 1, after, times });
          for (let call = 0; call < calls; call++) {
            staged.strike({ resource: 'any', operation: 'any', arg: undefined, tryNumber: 1 });
          }
          const hits = Math.max(0, Math.min(times, calls - after));
          return stage.hits === hits && staged.isEmpty === (hits === times);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('strike the share of the calls that the rate says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
          minLength: 1,
          maxLength: 50,
        }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (randoms, rate) => {
          const clock = new FakeClock();
          clock.randoms.push(...randoms);
          const staged = new ChaosStages(clock);
          const stage = staged.add({ result: 1, rate });
          for (const _ of randoms) {
            staged.strike({ resource: 'any', operation: 'any', arg: undefined, tryNumber: 1 });
          }
          return stage.hits === randoms.filter((random) => random < rate).length;
        },
      ),
    );
  });
});
