import type { Clock, Timer } from 'nestjs-mainstay/common';

/** Does something again and again in the background, until it is stopped. */
export class Repeater {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #task: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, everyMs: number, task: () => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#task = task;
  }

  /** Runs the task for the first time after one period; does nothing while running. */
  start(): void {
    this.#timer ??= this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): Timer {
    return this.#clock.schedule(
      () => {
        this.#timer = this.#schedule();
        this.#task();
      },
      this.#everyMs,
      { background: true },
    );
  }
}
