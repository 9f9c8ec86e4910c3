import { LogThrottle, redactError, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from './guarded-logger.js';

/** Logs errors that detection does not know: once per fingerprint with a count, first 5, then one a minute. */
export class UnknownErrorLog {
  readonly #logger = new GuardedLogger('ErrorHandler');
  readonly #throttle: LogThrottle;

  constructor(clock: Clock) {
    this.#throttle = new LogThrottle(clock);
  }

  log(resource: string, operation: string, error: unknown): void {
    const safe = redactError(error);
    const place = safe.stack?.split('\n')[1]?.trim() ?? safe.message;
    const admission = this.#throttle.admit(`${resource}.${operation} ${safe.name} ${place}`);
    if (!admission) return;
    const times = admission.count === 1 ? '' : ` (seen ${admission.count} times)`;
    this.#logger.error(
      `Unknown error in ${resource}.${operation}${times}: ${safe.name}: ${safe.message}`,
      safe.stack,
    );
  }
}
