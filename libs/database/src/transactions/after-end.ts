import { formatDuration, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';

/**
 * The time after the end of a transaction, in which its subscribers and hooks run. Nothing in it changes how the
 * transaction ended; the caller waits for it all together as long as for a transaction, then it goes on by itself.
 */
export class AfterEnd {
  readonly #logger = new GuardedLogger('TransactionManager');
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #endsAt: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = clock.now() + timeoutMs;
  }

  /** Waits for what runs, while there is time. Never rejects. @param running must not reject */
  async wait(what: string, running: Promise<void>): Promise<void> {
    const timeoutMs = Math.max(0, this.#endsAt - this.#clock.now());
    const onTimeout = (): Error => new Error('the time is over');
    try {
      await withDeadline(this.#clock, { timeoutMs, onTimeout }, () => running);
    } catch {
      this.#logger.warn(
        `${what} did not end within ${formatDuration(this.#timeoutMs)} after the transaction and is no longer waited for; the transaction itself is not affected.`,
      );
    }
  }
}
