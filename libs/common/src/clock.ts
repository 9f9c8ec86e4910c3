/** A pending timer of a {@link Clock}. */
export interface Timer {
  /** Stops the timer; does nothing when it has fired or was cancelled before. */
  cancel(): void;
}

/** How a timer relates to the life of the process. */
export interface TimerOptions {
  /**
   * `true`: nobody awaits this timer, so that it does not keep the process alive (unref'd).
   * @default false
   */
  readonly background?: boolean;
}

/**
 * The only source of time and randomness in Mainstay; a type that is also an injection token. Tests replace it:
 * `Test.createTestingModule(…).overrideProvider(Clock).useValue(new FakeClock())`.
 */
export abstract class Clock {
  /** Monotonic time in milliseconds, with fractions; only differences mean something. */
  abstract now(): number;

  /** Wall time in milliseconds since 1970; only for what is shown or stored, never for deadlines. */
  abstract wallTime(): number;

  /** A number in [0, 1), for jitter. */
  abstract random(): number;

  /** Calls `callback` once after `delayMs` milliseconds. */
  abstract schedule(callback: () => void, delayMs: number, options?: TimerOptions): Timer;

  /** Lets the event loop turn once (I/O and timers run), for long work that must not hold it. */
  abstract yield(): Promise<void>;

  /**
   * Resolves after `delayMs` milliseconds.
   * @throws the signal's reason when `signal` aborts first
   */
  sleep(delayMs: number, signal?: AbortSignal, options?: TimerOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.schedule(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        delayMs,
        options,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
