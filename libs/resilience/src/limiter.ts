import type { Clock, Timer } from 'nestjs-mainstay/common';
import type { LimiterStatus } from './pipeline-status.js';
import { LimiterFullError, type LimiterFullReason } from './limiter-full.error.js';

/** How many operations of one resource may be in flight, see {@link Limiter}. */
export interface LimiterOptions {
  /** Operations in flight at the same time. @default 100 */
  readonly maxConcurrent?: number;
  /** Calls that may wait for a slot; 0 for none. @default 100 */
  readonly maxQueue?: number;
  /** How long a call may wait for a slot. @default 1000 ms */
  readonly maxWaitMs?: number;
}

/** A call that waits for a slot, in a doubly linked list so that it can leave from the middle. */
interface Waiter {
  next: Waiter | undefined;
  previous: Waiter | undefined;
  /** Ends the wait with a slot. */
  admit(): void;
}

/**
 * Bounds the operations in flight of one resource (a bulkhead), with a bounded queue: a free slot goes to the call that
 * waits longest, and nobody overtakes.
 *
 * @example
 * if (!limiter.tryAcquire()) await limiter.acquire(signal);
 * try { … } finally { limiter.release(); }
 */
export class Limiter {
  readonly #resource: string;
  readonly #options: Required<LimiterOptions>;
  readonly #maxConcurrent: number;
  readonly #clock: Clock;
  #inFlight = 0;
  #queued = 0;
  #leaked = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(resource: string, options: Required<LimiterOptions>, clock: Clock) {
    this.#resource = resource;
    this.#options = options;
    this.#maxConcurrent = options.maxConcurrent;
    this.#clock = clock;
  }

  /** Slots that are taken, those of timed-out operations that have not ended included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls that wait for a slot. */
  get queued(): number {
    return this.#queued;
  }

  /** Timed-out operations that did not end in the time that {@link holdUntil} gave them, since the start. */
  get leaked(): number {
    return this.#leaked;
  }

  /** How it is, for what is shown. */
  status(): LimiterStatus {
    const { maxConcurrent, maxQueue } = this.#options;
    const { inFlight, queued, leaked } = this;
    return { inFlight, queued, leaked, maxConcurrent, maxQueue };
  }

  /** Takes a slot if one is free. While somebody waits none is: a slot is handed over, never freed. */
  tryAcquire(): boolean {
    if (this.#inFlight >= this.#maxConcurrent) return false;
    this.#inFlight++;
    return true;
  }

  /**
   * Takes a slot, after a wait if need be. The signal may abort between the end of the wait and the caller's next step:
   * look at it again, and release the slot.
   * @param maxWaitMs a shorter wait than the limiter's own, e.g. what is left of a deadline
   * @throws {@link LimiterFullError} when the queue is full, or when no slot became free in time; the signal's reason
   * when it aborts
   */
  async acquire(signal?: AbortSignal, maxWaitMs = Infinity): Promise<void> {
    signal?.throwIfAborted();
    if (this.tryAcquire()) return;
    const waitMs = Math.min(maxWaitMs, this.#options.maxWaitMs);
    if (this.#queued >= this.#options.maxQueue) throw this.#full('queue-full', waitMs);
    if (waitMs <= 0) throw this.#full('wait-over', 0);
    await this.#wait(signal, waitMs);
  }

  /** Gives a slot back; once for each that was taken. */
  release(): void {
    const first = this.#first;
    if (first === undefined) this.#inFlight--;
    else {
      this.#remove(first);
      first.admit();
    }
  }

  /**
   * Gives a slot back when `work`, which goes on after its timeout, has ended, but at most `leakMs` from now: then the
   * work is counted as leaked. Instead of {@link release}.
   */
  holdUntil(work: PromiseLike<unknown>, leakMs: number): void {
    let isHeld = true;
    const giveBack = (): void => {
      if (!isHeld) return;
      isHeld = false;
      timer.cancel();
      this.release();
    };
    const leak = (): void => {
      this.#leaked++;
      giveBack();
    };
    const timer = this.#clock.schedule(leak, leakMs, { background: true });
    Promise.resolve(work).then(giveBack, giveBack);
  }

  #wait(signal: AbortSignal | undefined, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const admit = (): void => {
        end();
        resolve();
      };
      const leave = (reason: Error): void => {
        end();
        this.#remove(waiter);
        reject(reason);
      };
      const onAbort = (): void => leave(signal?.reason as Error);
      const onTimeout = (): void => leave(this.#full('wait-over', waitMs));
      const waiter = { next: undefined, previous: undefined, admit };
      const timer: Timer = this.#clock.schedule(onTimeout, waitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#append(waiter);
    });
  }

  #full(reason: LimiterFullReason, maxWaitMs: number): LimiterFullError {
    const { maxConcurrent, maxQueue } = this.#options;
    return new LimiterFullError(this.#resource, reason, { maxConcurrent, maxQueue, maxWaitMs });
  }

  #append(waiter: Waiter): void {
    waiter.previous = this.#last;
    if (this.#last) this.#last.next = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#queued++;
  }

  #remove(waiter: Waiter): void {
    if (waiter.previous) waiter.previous.next = waiter.next;
    else this.#first = waiter.next;
    if (waiter.next) waiter.next.previous = waiter.previous;
    else this.#last = waiter.previous;
    this.#queued--;
  }
}
