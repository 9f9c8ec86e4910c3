import { redactError } from 'nestjs-mainstay/common';
import { GuardedLogger } from './guarded-logger.js';

/**
 * Counts and logs what listeners, recorders and detection rules throw: none of them can change the outcome of an
 * operation. Logged the 1st, 2nd, 4th, 8th … time, so that one that always fails does not flood the log. @internal
 */
export class ListenerErrors {
  readonly #logger: GuardedLogger;
  #count = 0;

  constructor(context: string) {
    this.#logger = new GuardedLogger(context);
  }

  /** How often something threw. */
  get count(): number {
    return this.#count;
  }

  /** Runs `listener`; what it throws is reported. Never throws. */
  guard(what: string, listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.report(what, error);
    }
  }

  /** Takes note of an error. Never throws. */
  report(what: string, error: unknown): void {
    this.#count++;
    if (!isPowerOfTwo(this.#count)) return;
    const times = this.#count === 1 ? '' : ` (${this.#count} failures so far)`;
    const { name, message, stack } = redactError(error);
    this.#logger.error(
      `${what} failed${times}; outcomes do not change: ${name}: ${message}`,
      stack,
    );
  }
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
