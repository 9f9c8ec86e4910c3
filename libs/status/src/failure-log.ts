import type { Clock } from 'nestjs-mainstay/common';

/** Failures of one fingerprint that are logged one by one, before only one a minute is. */
const LOGGED_AT_ONCE = 5;
const INTERVAL_MS = 60_000;
/** Fingerprints remembered; beyond it the oldest is forgotten and would be logged afresh. */
const MAX_FINGERPRINTS = 1_000;

interface Seen {
  count: number;
  unlogged: number;
  loggedAt: number;
}

/** Decides which failures are worth a line: the first 5 of each fingerprint, then one a minute with a count. */
export class FailureLog {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns how many went unlogged since the last line; `undefined` when this failure is not to be logged */
  admit(fingerprint: string): number | undefined {
    const seen = this.#remember(fingerprint);
    const now = this.#clock.now();
    seen.count++;
    if (seen.count > LOGGED_AT_ONCE && now - seen.loggedAt < INTERVAL_MS) {
      seen.unlogged++;
      return undefined;
    }
    const { unlogged } = seen;
    seen.unlogged = 0;
    seen.loggedAt = now;
    return unlogged;
  }

  #remember(fingerprint: string): Seen {
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
