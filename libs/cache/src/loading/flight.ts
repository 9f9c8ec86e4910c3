import type { Clock } from 'nestjs-mainstay/common';
import type { CacheEntry } from '../stores/cache-store.js';
import type { CachedValue } from '../values/cached-value.js';

/** What a flight brings: the value of each of its keys. */
export type Landing = ReadonlyMap<string, CachedValue>;

/** Values past their TTL, by their keys. */
export type StaleEntries = ReadonlyMap<string, CacheEntry>;

/** When a load began: what was invalidated since must not be stored. */
export interface LoadStart {
  /** Among writes and invalidations of this process. */
  readonly order: number;
  /** As a time of `Clock.now()`. */
  readonly asOf: number;
}

/** What is loaded by one flight. */
export interface FlightPlan {
  readonly keys: readonly string[];
  readonly start: LoadStart;
  /** What its keys have meanwhile. */
  readonly stale: StaleEntries;
  /**
   * Of a refresh, which nobody waits for: whether an entry is to be replaced. `undefined` = the keys have no fresh value,
   * and a caller waits.
   */
  readonly isDue?: ((entry: CacheEntry) => boolean) | undefined;
}

interface Settle {
  readonly land: (landing: Landing) => void;
  readonly fail: (error: unknown) => void;
}

/** One load in progress, of one key or of several together. */
export class Flight {
  readonly plan: FlightPlan;
  readonly landing: Promise<Landing>;
  /** What stands in for the values of a load that failed; empty until then. */
  readonly standIns = new Map<string, CacheEntry>();
  /** What another instance has loaded in its place. */
  readonly found = new Map<string, CacheEntry>();
  /** Whether anybody waits for it but who has begun it. */
  isJoined = false;
  /** Is called when nothing of what it brings may be stored any more. */
  onFenced: (() => void) | undefined = undefined;
  readonly #slow = new Map<number, Promise<boolean>>();
  readonly #settle: Settle;

  constructor(plan: FlightPlan) {
    this.plan = plan;
    let settle: Settle | undefined;
    this.landing = new Promise<Landing>((land, fail) => {
      settle = { land, fail };
    });
    this.#settle = settle as unknown as Settle;
    // Those who wait have their own handlers; a flight nobody waits for any more must not end the process.
    this.landing.catch(() => undefined);
  }

  /** It brings this. */
  land(landing: Landing): void {
    this.#settle.land(landing);
  }

  /** It brings nothing. */
  fail(error: unknown): void {
    this.#settle.fail(error);
  }

  /** Waits until it has ended, and no longer than it may take. @returns whether it is on its way still */
  isSlow(afterMs: number, clock: Clock): Promise<boolean> {
    const known = this.#slow.get(afterMs);
    if (known) return known;
    // One timer for all that wait.
    const slow = new Promise<boolean>((resolve) => {
      const leftMs = this.plan.start.asOf + afterMs - clock.now();
      const timer = clock.schedule(() => resolve(true), leftMs);
      const end = (): void => {
        timer.cancel();
        resolve(false);
      };
      this.landing.then(end, end);
    });
    this.#slow.set(afterMs, slow);
    return slow;
  }
}
