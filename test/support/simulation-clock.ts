import { Clock, type Timer, type TimerOptions } from 'nestjs-mainstay/common';

interface SimulatedTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  isPending: boolean;
}

/** 2026-01-01T00:00:00Z. */
const WALL_START_MS = 1_767_225_600_000;

/**
 * A clock for simulations with very many timers: as `FakeClock` it stands still until it is moved, but it keeps its
 * timers in a heap, lets promises settle without a turn of the event loop, and its random numbers follow from a seed.
 * What needs more than promises to settle (I/O, streams) needs `FakeClock`.
 */
export class SimulationClock extends Clock {
  readonly #heap: SimulatedTimer[] = [];
  #now = 0;
  #order = 0;
  #pending = 0;
  #scheduled = 0;
  #seed: number;

  constructor(seed = 1) {
    super();
    this.#seed = seed;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return WALL_START_MS + this.#now;
  }

  /** The generator "mulberry32". */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** Timers that were ever set. */
  get scheduled(): number {
    return this.#scheduled;
  }

  schedule(callback: () => void, delayMs: number, _options?: TimerOptions): Timer {
    const dueAt = this.#now + Math.max(0, delayMs);
    const timer = { dueAt, order: this.#order++, callback, isPending: true };
    this.#push(timer);
    this.#pending++;
    this.#scheduled++;
    return {
      cancel: () => {
        if (timer.isPending) this.#pending--;
        timer.isPending = false;
      },
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves time on, fires what becomes due in its order, and lets promises settle in between. */
  async advance(durationMs: number): Promise<void> {
    const target = this.#now + durationMs;
    await settle();
    for (let first = this.#heap[0]; first && first.dueAt <= target; first = this.#heap[0]) {
      this.#pop();
      if (!first.isPending) continue;
      first.isPending = false;
      this.#pending--;
      this.#now = first.dueAt;
      first.callback();
      await settle();
    }
    this.#now = target;
  }

  #push(timer: SimulatedTimer): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent] as SimulatedTimer)) break;
      heap[index] = heap[parent] as SimulatedTimer;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as SimulatedTimer;
    if (heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as SimulatedTimer)) child++;
      if (!isBefore(heap[child] as SimulatedTimer, last)) break;
      heap[index] = heap[child] as SimulatedTimer;
      index = child;
    }
    heap[index] = last;
  }
}

/** Node runs the next tick when no promise is left to settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isBefore(one: SimulatedTimer, other: SimulatedTimer): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);
}
