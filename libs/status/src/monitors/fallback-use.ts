import { ReachabilityTracker, type Reachability } from '../health/reachability.js';
import { RateWindow } from './rate-window.js';
import { MINUTE_SAMPLES } from './sampling.js';
import type { TrafficTotals } from './traffic-totals.js';
import { UseStreak } from './use-streak.js';

/** Share of the calls of a minute that fallbacks may answer. */
const MAX_SHARE = 0.01;
/** Uses below which their share says nothing: one call of two is no reason to worry. */
const MIN_USES = 3;
/** How long fallbacks answer too often, and how long only they answer, before it counts; in sample intervals. */
const OFTEN_INTERVALS = MINUTE_SAMPLES - 1;
const ONLY_INTERVALS = 5 * OFTEN_INTERVALS;
/** What lasted long enough is believed at once; that it is over, as with probes, the second time. */
const THRESHOLDS = { failures: 1, successes: 2 };

/**
 * Watches how much of the work fallbacks do: more than 1 % of the calls for a minute make a resource `impaired`, all of
 * them for five minutes `unreachable`. Any answer of the dependency itself begins the five minutes anew.
 */
export class FallbackUse {
  readonly #window: RateWindow;
  readonly #often = new UseStreak();
  readonly #only = new UseStreak();
  readonly #tracker = new ReachabilityTracker(THRESHOLDS);
  #fallbacks: number;
  #own: number;
  #usesInARow = 0;
  #usesInWindow = 0;
  #share = 0;

  constructor({ answered, fallbacks, own }: TrafficTotals) {
    this.#window = new RateWindow(MINUTE_SAMPLES, { ended: answered, failed: fallbacks });
    this.#fallbacks = fallbacks;
    this.#own = own;
  }

  sample(totals: TrafficTotals): void {
    const { answered, fallbacks, own } = totals;
    const uses = fallbacks - this.#fallbacks;
    this.#window.sample(answered, fallbacks);
    this.#share = this.#window.rate(answered, fallbacks) ?? 0;
    this.#usesInWindow = this.#window.failed(fallbacks);
    this.#often.sample(uses > 0, this.#share > MAX_SHARE);
    this.#sampleOnly(uses, own > this.#own);
    this.#fallbacks = fallbacks;
    // A fallback's answer is counted before the call that it answers has ended: the difference may fall and rise again.
    this.#own = Math.max(this.#own, own);
    this.#tracker.observe(this.#judge());
  }

  /** What the use of fallbacks says of the resource. */
  get reachability(): Reachability {
    return this.#tracker.confirmed;
  }

  /** Why the resource is not healthy; `undefined` when it is. */
  get reason(): string | undefined {
    switch (this.#tracker.confirmed) {
      case 'unreachable':
        return 'only fallbacks have answered for five minutes';
      case 'impaired':
        return `fallbacks answered ${describeShare(this.#share)} of the calls of the last minute`;
      default:
        return undefined;
    }
  }

  #sampleOnly(uses: number, hasAnsweredItself: boolean): void {
    const goesOn = !hasAnsweredItself && this.#only.idleIntervals < ONLY_INTERVALS;
    this.#only.sample(uses > 0, goesOn);
    this.#usesInARow = goesOn ? this.#usesInARow + uses : 0;
  }

  #judge(): Reachability {
    if (this.#only.hasLasted(ONLY_INTERVALS) && this.#usesInARow >= MIN_USES) return 'unreachable';
    const isOften = this.#often.hasLasted(OFTEN_INTERVALS) && this.#usesInWindow >= MIN_USES;
    return isOften ? 'impaired' : 'reachable';
  }
}

function describeShare(share: number): string {
  const percent = share * 100;
  return `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`;
}
