// The global of this name is looked up for every reading, which costs an eighth of it.
import { performance } from 'node:perf_hooks';
import { Clock, type Timer, type TimerOptions } from './clock.js';

/** Node fires a timer at once, instead of later, when its delay does not fit into 32 bits (24.8 days). */
const MAX_DELAY_MS = 2_147_483_647;

/** The real {@link Clock}: `performance.now()`, `Date.now()`, `Math.random()` and Node's timers. */
export class SystemClock extends Clock {
  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  schedule(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    if (delayMs > MAX_DELAY_MS) return this.#scheduleInLegs(callback, delayMs, options);
    const timeout = setTimeout(callback, delayMs);
    if (options?.background) timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #scheduleInLegs(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    const next = (): void => {
      leg = this.schedule(callback, delayMs - MAX_DELAY_MS, options);
    };
    let leg = this.schedule(next, MAX_DELAY_MS, options);
    return { cancel: () => leg.cancel() };
  }
}
