import { ReachabilityTracker, THRESHOLDS } from '../health/reachability.js';
import { RateWindow } from './rate-window.js';
import { MINUTE_SAMPLES } from './sampling.js';
import type { TrafficTotals } from './traffic-totals.js';

/** Share of unknown errors beyond which a resource is degraded. */
const MAX_SHARE = 0.1;
/** Calls in a minute below which their share says nothing. */
const MIN_CALLS = 20;

/** Watches for a defect: too many of the calls of the last minute failed with errors that nobody foresaw. */
export class UnknownShare {
  readonly #window: RateWindow;
  readonly #tracker = new ReachabilityTracker(THRESHOLDS);
  #share = 0;

  constructor({ answered, unknown }: TrafficTotals) {
    this.#window = new RateWindow(MINUTE_SAMPLES, { ended: answered, failed: unknown });
  }

  sample({ answered, unknown }: TrafficTotals): void {
    this.#window.sample(answered, unknown);
    this.#share = this.#window.rate(answered, unknown) ?? 0;
    const isOver = this.#window.ended(answered) >= MIN_CALLS && this.#share > MAX_SHARE;
    this.#tracker.observe(isOver ? 'impaired' : 'reachable');
  }

  /** Why the resource is degraded; `undefined` when it is not. */
  get reason(): string | undefined {
    if (this.#tracker.confirmed === 'reachable') return undefined;
    const share = Math.round(this.#share * 100);
    return `unknown errors, which may be a defect: ${share} % of the calls of the last minute; see the log`;
  }
}
