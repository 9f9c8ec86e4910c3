/** What a probe found: everything works, some capabilities do, or nothing does. Ordered from good to bad. */
const REACHABILITIES = ['reachable', 'impaired', 'unreachable'] as const;

/** What probes say of a resource. */
export type Reachability = (typeof REACHABILITIES)[number];

/** How many results in a row it takes to believe a change. */
export interface ReachabilityThresholds {
  /** For the worse. */
  readonly failures: number;
  /** For the better. */
  readonly successes: number;
}

/** How many results in a row of probes, and of samples of the traffic, it takes. */
export const THRESHOLDS: ReachabilityThresholds = { failures: 3, successes: 2 };

/** Believes a change of what probes say only after several results in a row. */
export class ReachabilityTracker {
  readonly #thresholds: ReachabilityThresholds;
  #confirmed: Reachability = 'reachable';
  #direction = 0;
  #streak = 0;

  constructor(thresholds: ReachabilityThresholds) {
    this.#thresholds = thresholds;
  }

  /** What is believed. */
  get confirmed(): Reachability {
    return this.#confirmed;
  }

  /** Whether the last result agrees with what is believed; otherwise the next probe follows soon. */
  get isSettled(): boolean {
    return this.#streak === 0;
  }

  /** Takes the result of a probe. */
  observe(result: Reachability): void {
    const difference = REACHABILITIES.indexOf(result) - REACHABILITIES.indexOf(this.#confirmed);
    const direction = Math.sign(difference);
    if (direction !== this.#direction) this.#streak = 0;
    this.#direction = direction;
    if (direction === 0) return;
    this.#streak++;
    const { failures, successes } = this.#thresholds;
    if (this.#streak < (direction > 0 ? failures : successes)) return;
    this.reset(result);
  }

  /** Believes something at once. */
  reset(to: Reachability): void {
    this.#confirmed = to;
    this.#direction = 0;
    this.#streak = 0;
  }
}
