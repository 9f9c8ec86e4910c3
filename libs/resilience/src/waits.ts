import type { AbortWatch } from './abort-watch.js';

/** The waits of a pipeline of one kind, each of which its caller's abort and the shutdown end at once. */
export class Waits {
  readonly #aborts: AbortWatch;
  readonly #cuts = new Set<AbortController>();
  #isShutDown = false;

  constructor(aborts: AbortWatch) {
    this.#aborts = aborts;
  }

  /** Whether {@link shutdown} was called. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /**
   * Waits, unless the wait is cut.
   * @param wait is given a signal that cuts it
   * @throws what `wait` throws, also when it is cut
   */
  async run<T>(
    caller: AbortSignal | undefined,
    wait: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(new Error('The wait was cut.'));
    const entry = { onAbort };
    if (this.#isShutDown || caller?.aborted) onAbort();
    else if (caller) this.#aborts.add(caller, entry);
    this.#cuts.add(controller);
    try {
      return await wait(controller.signal);
    } finally {
      if (caller) this.#aborts.remove(caller, entry);
      this.#cuts.delete(controller);
    }
  }

  /** Ends all waits and lets none begin any more. */
  shutdown(): void {
    this.#isShutDown = true;
    this.cut();
  }

  /** Ends all waits. */
  cut(): void {
    for (const controller of this.#cuts) controller.abort(new Error('The wait was cut.'));
  }
}
