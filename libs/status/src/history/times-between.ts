import type { HistogramCell } from '../metrics/histogram-cell.js';

/** Percentiles of what histograms of one layout counted between two looks at them. */
export class TimesBetween {
  readonly #since = new Map<HistogramCell, Float64Array>();
  /** What one histogram has counted, and what all have. */
  #added = new Float64Array(0);
  #between = new Float64Array(0);
  #any: HistogramCell | undefined;

  /** Forgets what was added: another span of time begins. */
  reset(): void {
    this.#between.fill(0);
  }

  /** Adds what a histogram has counted since it was added last. */
  add(cell: HistogramCell): void {
    if (cell.countSince(this.#sinceOf(cell), this.#added) === 0) return;
    for (let slot = 0; slot < this.#between.length; slot++)
      this.#between[slot]! += this.#added[slot]!;
  }

  /** The value, in milliseconds, that a share of the times does not exceed; NaN when there were none. */
  quantileMs(q: number): number {
    return (this.#any?.quantile(q, this.#between) ?? NaN) * 1_000;
  }

  #sinceOf(cell: HistogramCell): Float64Array {
    let since = this.#since.get(cell);
    if (!since) {
      const { slots } = cell.layout;
      since = new Float64Array(slots);
      this.#since.set(cell, since);
      if (!this.#any) {
        this.#any = cell;
        this.#added = new Float64Array(slots);
        this.#between = new Float64Array(slots);
      }
    }
    return since;
  }
}
