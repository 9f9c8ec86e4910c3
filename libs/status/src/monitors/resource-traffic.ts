import type { Reachability } from '../health/reachability.js';
import { FallbackUse } from './fallback-use.js';
import { addTotals, type TrafficTotals } from './traffic-totals.js';
import { UnknownShare } from './unknown-share.js';

/** Something that counts calls of a resource: its operations. */
export interface TrafficSource {
  readonly totals: TrafficTotals;
}

/** What the calls of a resource say of its health, and why it is not `reachable`. */
export type TrafficReport =
  | { readonly reachability: 'reachable' }
  | { readonly reachability: Exclude<Reachability, 'reachable'>; readonly reason: string };

/**
 * Judges the health of a resource by its real traffic: whether fallbacks do its work, and whether its calls meet errors
 * that nobody foresaw. Samples totals that are counted anyway: a call that succeeds does not pay for it.
 */
export class ResourceTraffic {
  readonly #sources: TrafficSource[] = [];
  #fallbacks: FallbackUse;
  #unknown: UnknownShare;

  constructor() {
    const totals = addTotals([]);
    this.#fallbacks = new FallbackUse(totals);
    this.#unknown = new UnknownShare(totals);
  }

  /** One more operation of the resource. */
  add(source: TrafficSource): void {
    this.#sources.push(source);
  }

  /** Looks at what was counted since the last time; called every 5 s. */
  sample(): void {
    const totals = this.#totals();
    this.#fallbacks.sample(totals);
    this.#unknown.sample(totals);
  }

  /** Begins anew: what the calls met in an outage that is over says nothing about the time after it. */
  forget(): void {
    const totals = this.#totals();
    this.#fallbacks = new FallbackUse(totals);
    this.#unknown = new UnknownShare(totals);
  }

  /** What is believed as of the last sample. */
  get report(): TrafficReport {
    const { reachability } = this.#fallbacks;
    const reason = this.#fallbacks.reason ?? this.#unknown.reason;
    if (reason === undefined) return { reachability: 'reachable' };
    return { reachability: reachability === 'reachable' ? 'impaired' : reachability, reason };
  }

  #totals(): TrafficTotals {
    return addTotals(this.#sources.map(({ totals }) => totals));
  }
}
