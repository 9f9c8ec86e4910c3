import { HISTORY_POINTS, type TimeAxis } from './time-axis.js';

/** Digits that a line of 120 points can show. */
const SIGNIFICANT_DIGITS = 4;

/** One number over the time that is kept. Takes 480 bytes. */
export class Column {
  readonly #values = new Float32Array(HISTORY_POINTS).fill(NaN);

  /** Writes the value of a point; NaN where there is none. */
  set(slot: number, value: number): void {
    this.#values[slot] = value;
  }

  /** The values, oldest first, to four digits. */
  read(axis: TimeAxis): (number | null)[] {
    return axis.map(this.#values, (value) => Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  }
}
