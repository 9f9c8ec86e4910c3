/** Points that are kept: ten minutes at one each 5 s. */
export const HISTORY_POINTS = 120;

/** The times of the points that are kept: a ring, whose oldest point makes room for the next. */
export class TimeAxis {
  readonly #at = new Float64Array(HISTORY_POINTS);
  #next = 0;
  #length = 0;

  /**
   * Makes room for a point.
   * @param at wall time in milliseconds; NaN for one that was missed
   * @returns where its values go
   */
  push(at: number): number {
    const slot = this.#next;
    this.#at[slot] = at;
    this.#next = (slot + 1) % HISTORY_POINTS;
    if (this.#length < HISTORY_POINTS) this.#length++;
    return slot;
  }

  /** The wall times, oldest first. */
  times(): (number | null)[] {
    return this.map(this.#at, (at) => Math.round(at));
  }

  /** The values of points, oldest first; `null` where there is none. */
  map(values: Float32Array | Float64Array, show: (value: number) => number): (number | null)[] {
    const shown: (number | null)[] = [];
    for (let age = this.#length; age > 0; age--) {
      const value = values[(this.#next + HISTORY_POINTS - age) % HISTORY_POINTS]!;
      shown.push(Number.isNaN(value) ? null : show(value));
    }
    return shown;
  }
}
