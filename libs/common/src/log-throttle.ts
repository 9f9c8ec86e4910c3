import type { Clock } from './clock.js';

/** Events of one fingerprint that are logged one by one, before only one a minute is. */
const LOGGED_AT_ONCE = 5;
const INTERVAL_MS = 60_000;
/** Fingerprints remembered; beyond it the oldest is forgotten and would be logged afresh. */
const MAX_FINGERPRINTS = 1_000;

/** What a line should say of events of its kind. */
export interface LogAdmission {
  /** How many there were, this one included. */
  readonly count: number;
  /** How many went unlogged since the last line. */
  readonly unlogged: number;
}

/** Decides which events are worth a line: the first 5 of each fingerprint, then one a minute with a count. */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { count: number; unlogged: number; loggedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns `undefined` when this event is not to be logged */
  admit(fingerprint: string): LogAdmission | undefined {
    const seen = this.#remember(fingerprint);
    const now = this.#clock.now();
    seen.count++;
    if (seen.count > LOGGED_AT_ONCE && now - seen.loggedAt < INTERVAL_MS) {
      seen.unlogged++;
      return undefined;
    }
    const { count, unlogged } = seen;
    seen.unlogged = 0;
    seen.loggedAt = now;
    return { count, unlogged };
  }

  #remember(fingerprint: string): { count: number; unlogged: number; loggedAt: number } {
    let seen = this.#seen.get(fingerprint);
    if (!seen) {
      const oldest =
        this.#seen.size >= MAX_FINGERPRINTS ? this.#seen.keys().next().value : undefined;
      if (oldest !== undefined) this.#seen.delete(oldest);
      seen = { count: 0, unlogged: 0, loggedAt: -Infinity };
      this.#seen.set(fingerprint, seen);
    }
    return seen;
  }
}
