import type { Clock } from 'nestjs-mainstay/common';

/** How long and for what a caller waits, see {@link FairLock.acquire}. */
export interface LockWait {
  /** How long to wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the wait early; the acquisition then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the error of a wait that took too long. */
  readonly onTimeout: () => Error;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A lock for one holder at a time, handed to the waiters in the order in which they came; nobody overtakes. */
export class FairLock {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #isHeld = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Takes the lock if it is free. */
  tryAcquire(): boolean {
    if (this.#isHeld) return false;
    this.#isHeld = true;
    return true;
  }

  /**
   * Takes the lock, at once or when the turn comes.
   * @throws the error of `onTimeout`, the reason of `signal`, or the error given to {@link rejectWaiters}
   */
  async acquire(wait: LockWait): Promise<void> {
    if (this.tryAcquire()) return;
    await new Promise<void>((resolve, reject) => {
      if (wait.signal?.aborted) {
        reject(wait.signal.reason as Error);
        return;
      }
      const leave = (): void => {
        timer.cancel();
        wait.signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const fail = (error: Error): void => {
        leave();
        reject(error);
      };
      const waiter: Waiter = { reject: fail, resolve: () => (leave(), resolve()) };
      const onAbort = (): void => fail(wait.signal?.reason as Error);
      const timer = this.#clock.schedule(() => fail(wait.onTimeout()), wait.timeoutMs);
      wait.signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Gives the lock to the first waiter, or sets it free. */
  release(): void {
    const [next] = this.#waiters;
    if (next) next.resolve();
    else this.#isHeld = false;
  }

  /** Sends all waiters away; the holder keeps the lock. */
  rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
