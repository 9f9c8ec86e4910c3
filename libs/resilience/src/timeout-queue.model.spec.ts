import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulationClock } from '../../../test/support/simulation-clock.js';
import { TimeoutQueue, type TimeoutEntry } from './timeout-queue.js';

/** What an entry does when it fires. */
type OnTimeout = 'nothing' | 'add' | 'remove the oldest' | 'remove the newest';

interface ModelEntry {
  readonly id: number;
  readonly dueAt: number;
  readonly onTimeout: OnTimeout;
}

/** A queue of timeouts as a list that is searched at every step. */
class ModelQueue {
  readonly fired: string[] = [];
  entries: ModelEntry[] = [];
  now = 0;
  ids = 0;

  constructor(readonly durationMs: number) {}

  add(at: number, onTimeout: OnTimeout): void {
    this.entries.push({ id: this.ids++, dueAt: at + this.durationMs, onTimeout });
  }

  remove(id: number | undefined): void {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  advance(ms: number): void {
    const target = this.now + ms;
    for (let next = this.#next(target); next; next = this.#next(target)) {
      this.now = Math.max(this.now, next.dueAt);
      this.remove(next.id);
      this.fired.push(`${next.id} at ${this.now}`);
      if (next.onTimeout === 'add') this.add(this.now, 'nothing');
      if (next.onTimeout === 'remove the oldest') this.remove(this.entries[0]?.id);
      if (next.onTimeout === 'remove the newest') this.remove(this.entries.at(-1)?.id);
    }
    this.now = target;
  }

  #next(until: number): ModelEntry | undefined {
    const due = this.entries.filter(({ dueAt }) => dueAt <= until);
    return due.sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)[0];
  }
}

/** The queue under test, driven as the model is. */
class RealQueue {
  readonly clock = new SimulationClock();
  readonly fired: string[] = [];
  readonly queue: TimeoutQueue;
  readonly entries = new Map<number, TimeoutEntry>();
  ids = 0;

  constructor(durationMs: number) {
    this.queue = new TimeoutQueue(this.clock, durationMs);
  }

  add(at: number, onTimeout: OnTimeout): void {
    const id = this.ids++;
    const entry: TimeoutEntry = {
      next: undefined,
      previous: undefined,
      dueAt: 0,
      onTimeout: () => {
        this.entries.delete(id);
        this.fired.push(`${id} at ${this.clock.now()}`);
        const ids = [...this.entries.keys()];
        if (onTimeout === 'add') this.add(this.clock.now(), 'nothing');
        if (onTimeout === 'remove the oldest') this.remove(ids[0]);
        if (onTimeout === 'remove the newest') this.remove(ids.at(-1));
      },
    };
    this.entries.set(id, entry);
    this.queue.add(entry, at);
  }

  remove(id: number | undefined): void {
    const entry = this.entries.get(id ?? -1);
    if (entry) this.queue.remove(entry);
    this.entries.delete(id ?? -1);
  }
}

type Step =
  | { do: 'add'; agoMs: number; onTimeout: OnTimeout }
  | { do: 'remove'; which: number }
  | { do: 'wait'; ms: number };

const onTimeout = fc.constantFrom<OnTimeout[]>(
  'nothing',
  'nothing',
  'add',
  'remove the oldest',
  'remove the newest',
);
/** How long before it is added the time of an entry was read: mostly at that moment. */
const agoMs = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(150), fc.constant(0.25));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), agoMs, onTimeout }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(20), fc.nat(200), fc.constantFrom(0, 0.25, 10, 100)),
    }),
  },
);

async function compare(durationMs: number, steps: readonly Step[]): Promise<void> {
  const model = new ModelQueue(durationMs);
  const real = new RealQueue(durationMs);
  for (const one of steps) {
    const { now } = model;
    if (one.do === 'wait') {
      model.advance(one.ms);
      await real.clock.advance(one.ms);
    } else if (one.do === 'add') {
      model.add(now - one.agoMs, one.onTimeout);
      real.add(now - one.agoMs, one.onTimeout);
    } else {
      const id = model.entries[one.which % Math.max(1, model.entries.length)]?.id;
      model.remove(id);
      real.remove(id);
    }
    expect(real.fired).toEqual(model.fired);
    expect(real.queue.size).toBe(model.entries.length);
    expect(real.clock.pending).toBeLessThanOrEqual(1);
    if (real.queue.size > 0) expect(real.clock.pending).toBe(1);
  }
  const longestMs = 2 * durationMs + 10;
  model.advance(longestMs);
  await real.clock.advance(longestMs);
  expect(real.fired).toEqual(model.fired);
  expect([real.queue.size, real.clock.pending]).toEqual([0, 0]);
}

describe('TimeoutQueue against a model', { timeout: 60_000 }, () => {
  it('resilience rule 21: fires what the model does, exactly when, with one timer, and leaves none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(3, 10, 100),
        fc.array(step, { maxLength: 60, size: 'max' }),
        compare,
      ),
      { numRuns: 1_000 },
    );
  });
});
