import fc from 'fast-check';
import { isMainstayError } from 'nestjs-mainstay/common';
import { describe, expect, it } from 'vitest';
import { SimulationClock } from '../../../test/support/simulation-clock.js';
import { Limiter, type LimiterOptions } from './limiter.js';

const OPTIONS: Required<LimiterOptions> = { maxConcurrent: 3, maxQueue: 4, maxWaitMs: 100 };
const LEAK_MS = 150;

interface ModelWaiter {
  readonly id: number;
  readonly until: number;
  readonly order: number;
}

/** The limiter's rules written down as plainly as possible, with every call by its number. */
class ModelLimiter {
  readonly told: string[] = [];
  now = 0;
  leaked = 0;
  /** Calls that hold a slot and have not timed out. */
  running: number[] = [];
  /** Calls that hold a slot after their timeout. */
  held: ModelWaiter[] = [];
  queue: ModelWaiter[] = [];
  #orders = 0;

  get inFlight(): number {
    return this.running.length + this.held.length;
  }

  tryAcquire(id: number): boolean {
    if (this.inFlight >= OPTIONS.maxConcurrent || this.queue.length > 0) return false;
    this.running.push(id);
    return true;
  }

  acquire(id: number, maxWaitMs: number): void {
    if (this.tryAcquire(id)) this.told.push(`${id} admitted`);
    else if (this.queue.length >= OPTIONS.maxQueue) this.told.push(`${id} queue-full`);
    else {
      const until = this.now + Math.min(maxWaitMs, OPTIONS.maxWaitMs);
      this.queue.push({ id, until, order: this.#orders++ });
    }
  }

  abort(id: number): void {
    if (!this.queue.some((waiter) => waiter.id === id)) return;
    this.queue = this.queue.filter((waiter) => waiter.id !== id);
    this.told.push(`${id} aborted`);
  }

  release(id: number): void {
    this.running = this.running.filter((runs) => runs !== id);
    this.admitNext();
  }

  hold(id: number): void {
    this.running = this.running.filter((runs) => runs !== id);
    this.held.push({ id, until: this.now + LEAK_MS, order: this.#orders++ });
  }

  endHeld(id: number): void {
    if (!this.held.some((one) => one.id === id)) return;
    this.held = this.held.filter((one) => one.id !== id);
    this.admitNext();
  }

  advance(ms: number): void {
    const target = this.now + ms;
    for (let next = this.#next(target); next; next = this.#next(target)) {
      const { id, until } = next;
      this.now = until;
      if (this.held.includes(next)) {
        this.leaked++;
        this.endHeld(id);
      } else {
        this.queue = this.queue.filter((waiter) => waiter.id !== id);
        this.told.push(`${id} wait-over`);
      }
    }
    this.now = target;
  }

  admitNext(): void {
    const first = this.queue.shift();
    if (!first) return;
    this.running.push(first.id);
    this.told.push(`${first.id} admitted`);
  }

  #next(until: number): ModelWaiter | undefined {
    const due = [...this.queue, ...this.held].filter((one) => one.until <= until);
    return due.sort((a, b) => a.until - b.until || a.order - b.order)[0];
  }
}

/** The limiter under test, driven as the model is. */
class RealLimiter {
  readonly clock = new SimulationClock();
  readonly limiter = new Limiter('cache', OPTIONS, this.clock);
  readonly told: string[] = [];
  readonly #controllers = new Map<number, AbortController>();
  readonly #ends = new Map<number, () => void>();

  acquire(id: number, maxWaitMs: number): void {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    this.limiter.acquire(controller.signal, maxWaitMs).then(
      () => this.told.push(`${id} admitted`),
      (error: unknown) => this.told.push(`${id} ${reasonOf(error)}`),
    );
  }

  abort(id: number): void {
    this.#controllers.get(id)?.abort(new Error('aborted'));
  }

  hold(id: number, fails: boolean): void {
    const work = new Promise<void>((resolve, reject) => {
      this.#ends.set(id, fails ? () => reject(new Error('late')) : resolve);
    });
    this.limiter.holdUntil(work, LEAK_MS);
  }

  endHeld(id: number): void {
    this.#ends.get(id)?.();
  }
}

function reasonOf(error: unknown): string {
  return isMainstayError(error, 'LIMITER_FULL')
    ? String(error.context.reason)
    : (error as Error).message;
}

/** A call that holds a slot and has not timed out ends, or times out and goes on. */
type EndStep = { do: 'release'; which: number } | { do: 'hold'; which: number; fails: boolean };

type Step =
  | EndStep
  | { do: 'try' }
  | { do: 'acquire'; maxWaitMs: number }
  | { do: 'abort'; which: number }
  | { do: 'end held'; which: number }
  | { do: 'wait'; ms: number };

const which = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('try' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      maxWaitMs: fc.constantFrom(1, 30, 100, 500, Infinity),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), which }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('hold' as const), which, fails: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end held' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }) },
);

/** Drives the limiter and its model through the same steps. */
class Comparison {
  readonly model = new ModelLimiter();
  readonly real = new RealLimiter();
  readonly #heldEver: number[] = [];
  #ids = 0;

  async take(one: Step): Promise<void> {
    if (one.do === 'try') this.#try();
    else if (one.do === 'acquire') this.#acquire(one.maxWaitMs);
    else if (one.do === 'wait') await this.#wait(one.ms);
    else if (one.do === 'abort') this.#abort(one.which);
    else if (one.do === 'end held') this.#endHeld(one.which);
    else this.#endRunning(one);
    await this.real.clock.advance(0);
    this.compare();
  }

  compare(): void {
    const { limiter, told } = this.real;
    const { model } = this;
    expect(told).toEqual(model.told);
    expect([limiter.inFlight, limiter.queued, limiter.leaked]).toEqual([
      model.inFlight,
      model.queue.length,
      model.leaked,
    ]);
    expect(this.real.clock.pending).toBe(model.queue.length + model.held.length);
  }

  #try(): void {
    const id = this.#ids++;
    expect(this.real.limiter.tryAcquire()).toBe(this.model.tryAcquire(id));
  }

  #acquire(maxWaitMs: number): void {
    const id = this.#ids++;
    this.model.acquire(id, maxWaitMs);
    this.real.acquire(id, maxWaitMs);
  }

  async #wait(ms: number): Promise<void> {
    this.model.advance(ms);
    await this.real.clock.advance(ms);
  }

  /** Aborts any call there was: one that does not wait any more must not mind. */
  #abort(index: number): void {
    const id = this.model.queue[index]?.id ?? index;
    this.model.abort(id);
    this.real.abort(id);
  }

  #endRunning(one: EndStep): void {
    const { running } = this.model;
    const id = running[one.which % Math.max(1, running.length)];
    if (id === undefined) return;
    if (one.do === 'release') {
      this.model.release(id);
      this.real.limiter.release();
    } else {
      this.#heldEver.push(id);
      this.model.hold(id);
      this.real.hold(id, one.fails);
    }
  }

  /** Ends the work of any call that was ever held, leaked ones too. */
  #endHeld(index: number): void {
    const id = this.#heldEver[index % Math.max(1, this.#heldEver.length)];
    if (id === undefined) return;
    this.model.endHeld(id);
    this.real.endHeld(id);
  }
}

describe('Limiter against a model', { timeout: 60_000 }, () => {
  it('resilience rule 15: admits, refuses and counts what the model does, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const comparison = new Comparison();
        for (const one of steps) await comparison.take(one);
      }),
      { numRuns: 1_000 },
    );
  });
});
