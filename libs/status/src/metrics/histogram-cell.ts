import type { HistogramLayout } from './histogram-layout.js';

/**
 * One series of a histogram: exact counts at the upper bounds, percentiles within 3.1 %.
 *
 * Takes 8 bytes a slot: 3.4 kB for the times of operations, however many values it counts.
 */
export class HistogramCell {
  /** How the values are divided; shared by all series of the metric. */
  readonly layout: HistogramLayout;
  /** The count of each slot, and after them the sum of the values. */
  readonly #counts: Float64Array;

  constructor(layout: HistogramLayout) {
    this.layout = layout;
    this.#counts = new Float64Array(layout.slots + 1);
  }

  /** Counts a value; what is negative or no number counts as 0. */
  observe(value: number): void {
    const observed = value > 0 ? value : 0;
    const counts = this.#counts;
    const { layout } = this;
    layout.hold(observed);
    counts[layout.slot()]!++;
    counts[counts.length - 1]! += observed;
  }

  /** All values that were counted. */
  get count(): number {
    let total = 0;
    for (let slot = 0; slot < this.layout.slots; slot++) total += this.#counts[slot]!;
    return total;
  }

  /** The sum of the values. */
  get sum(): number {
    return this.#counts[this.layout.slots]!;
  }

  /** How many values each upper bound includes, and after them how many there are. */
  cumulated(): Float64Array {
    const { layout } = this;
    const counts = new Float64Array(layout.bounds.length + 1);
    let total = 0;
    let slot = 0;
    for (let index = 0; index < layout.bounds.length; index++) {
      for (const last = layout.slotOfBound(index); slot <= last; slot++) {
        total += this.#counts[slot]!;
      }
      counts[index] = total;
    }
    for (; slot < layout.slots; slot++) total += this.#counts[slot]!;
    counts[layout.bounds.length] = total;
    return counts;
  }

  /**
   * What was counted since a look before: makes percentiles of a span of time, without allocation.
   * @param since the counts at the look before, all 0 at first; brought up to now
   * @param into gets the counts in between, for {@link quantile}; may be shared by histograms with one layout
   * @returns how many values were counted in between
   * @example
   * const since = new Float64Array(cell.layout.slots); // one for each histogram that is watched
   * const between = new Float64Array(cell.layout.slots); // one for all of them
   * // then, each 5 s:
   * const count = cell.countSince(since, between);
   * const p99 = cell.quantile(0.99, between); // undefined when count is 0
   */
  countSince(since: Float64Array, into: Float64Array): number {
    const counts = this.#counts;
    let total = 0;
    for (let slot = 0; slot < this.layout.slots; slot++) {
      const count = counts[slot]!;
      const added = count - since[slot]!;
      into[slot] = added;
      since[slot] = count;
      total += added;
    }
    return total;
  }

  /**
   * The value that a share of the values does not exceed (nearest rank), within 3.1 %.
   *
   * Less exact outside of the slots: below 1/512 of the first bound it is half of that, and beyond four times the last
   * bound, or the next power of two, it is that.
   * @param q from 0 to 1
   * @param counts of which values, see {@link countSince}; @default all since the start
   * @returns `undefined` when there are none
   */
  quantile(q: number, counts: Float64Array = this.#counts): number | undefined {
    const { layout } = this;
    let total = 0;
    for (let slot = 0; slot < layout.slots; slot++) total += counts[slot]!;
    if (total === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * total));
    let slot = 0;
    for (let below = counts[0]!; below < rank; below += counts[slot]!) slot++;
    return layout.middleOf(slot);
  }
}
