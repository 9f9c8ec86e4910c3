import { redactError, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from './guarded-logger.js';

/** Errors of one fingerprint that are logged one by one, before only one a minute is. */
const LOGGED_AT_ONCE = 5;
const INTERVAL_MS = 60_000;
/** Fingerprints remembered; beyond it the oldest is forgotten and would be logged afresh. */
const MAX_FINGERPRINTS = 1_000;

interface Seen {
  count: number;
  loggedAt: number;
}

/** Logs errors that detection does not know: once per fingerprint with a count, first 5, then one a minute. */
export class UnknownErrorLog {
  readonly #logger = new GuardedLogger('ErrorHandler');
  readonly #seen = new Map<string, Seen>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  log(resource: string, operation: string, error: unknown): void {
    const safe = redactError(error);
    const fingerprint = `${resource}.${operation} ${safe.name} ${safe.stack?.split('\n')[1]?.trim() ?? safe.message}`;
    const seen = this.#remember(fingerprint);
    const now = this.#clock.now();
    seen.count++;
    if (seen.count > LOGGED_AT_ONCE && now - seen.loggedAt < INTERVAL_MS) return;
    seen.loggedAt = now;
    const times = seen.count === 1 ? '' : ` (seen ${seen.count} times)`;
    this.#logger.error(
      `Unknown error in ${resource}.${operation}${times}: ${safe.name}: ${safe.message}`,
      safe.stack,
    );
  }

  #remember(fingerprint: string): Seen {
    let seen = this.#seen.get(fingerprint);
    if (!seen) {
      const oldest =
        this.#seen.size >= MAX_FINGERPRINTS ? this.#seen.keys().next().value : undefined;
      if (oldest !== undefined) this.#seen.delete(oldest);
      seen = { count: 0, loggedAt: -Infinity };
      this.#seen.set(fingerprint, seen);
    }
    return seen;
  }
}
