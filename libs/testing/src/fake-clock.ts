import { Clock, type Timer, type TimerOptions } from 'nestjs-mainstay/common';

interface PendingTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  readonly background: boolean;
}

/** Turns of the event loop after each timer, so that promises and streams that hang on it can settle. */
const TURNS = 3;

/**
 * A {@link Clock} that stands still until a test moves it. Starts at 0; `random()` gives 0.5 unless told otherwise.
 *
 * @example
 * const clock = new FakeClock();
 * const sleeping = clock.sleep(1_000);
 * await clock.advance(1_000);
 * await sleeping;
 */
export class FakeClock extends Clock {
  /** What `random()` gives next; falls back to 0.5 when empty. */
  readonly randoms: number[] = [];
  readonly #wallStart: number;
  readonly #timers = new Set<PendingTimer>();
  #now = 0;
  #order = 0;

  /** @param wallStart wall time at 0, in milliseconds since 1970; @default 2026-01-01T00:00:00Z */
  constructor(wallStart = 1_767_225_600_000) {
    super();
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallStart + this.#now;
  }

  random(): number {
    return this.randoms.shift() ?? 0.5;
  }

  schedule(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    const timer = {
      dueAt: this.#now + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      background: options?.background ?? false,
    };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Timers that have neither fired nor been cancelled; `foreground` counts those that somebody awaits. */
  get pending(): { readonly all: number; readonly foreground: number } {
    const foreground = [...this.#timers].filter(({ background }) => !background).length;
    return { all: this.#timers.size, foreground };
  }

  /** Moves time on, fires what becomes due in its order, and lets promises settle in between. */
  async advance(durationMs: number): Promise<void> {
    const target = this.#now + durationMs;
    await this.settle();
    for (let timer = this.#next(target); timer; timer = this.#next(target)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.callback();
      await this.settle();
    }
    this.#now = target;
  }

  /** Lets everything settle that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await this.yield();
  }

  #next(until: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > until) continue;
      if (
        !next ||
        timer.dueAt < next.dueAt ||
        (timer.dueAt === next.dueAt && timer.order < next.order)
      ) {
        next = timer;
      }
    }
    return next;
  }
}
