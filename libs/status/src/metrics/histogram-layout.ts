/** Equal parts of each power of two: a value and the middle of its part differ by 1/32 = 3.1 % at most. */
const PARTS = 16;
/** Parts begin this far below the first bound, and end this far above the last: percentiles need both sides. */
const BELOW_FIRST = 512;
const ABOVE_LAST = 4;

/** A value and its bits: exponent and first bits of the fraction are read from them, without a logarithm. */
const held = new Float64Array(1);
const words = new Uint32Array(held.buffer);
/** Sign, exponent and log2({@link PARTS}) bits of the fraction are left of the high word's 32. */
const SHIFT = 20 - Math.log2(PARTS);
const HIGH_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * How a histogram divides the numbers into slots: each power of two into 16 equal parts (log-linear, as HdrHistogram
 * does), and a part once more where one of the upper bounds falls into it. So one count serves both: the counts at the
 * bounds are exact, and percentiles are off by 3.1 % at most.
 *
 * Shared by all series of a metric.
 */
export class HistogramLayout {
  /** Upper bounds of the buckets that are shown, ascending. */
  readonly bounds: readonly number[];
  /** Where slots end: at a bound, which the slot includes, or where the next part begins. */
  readonly #ends: Float64Array;
  /** The first slot of each part. */
  readonly #firstSlots: Uint16Array;
  /** The slot that ends at each bound, and includes it. */
  readonly #boundSlots: Uint16Array;
  /** The bits that the first part begins with. */
  readonly #firstPart: number;

  /** @throws RangeError when the bounds are not positive, finite and ascending */
  constructor(bounds: readonly number[]) {
    assertBounds(bounds);
    this.bounds = bounds;
    const start = 2 ** Math.floor(Math.log2(bounds[0]! / BELOW_FIRST));
    const end = bounds.at(-1)! * ABOVE_LAST;
    const ends = [start];
    const firstSlots: number[] = [];
    for (let from = start; from < end; from *= 2) {
      for (let part = 0; part < PARTS; part++) {
        const low = from + (from / PARTS) * part;
        const high = low + from / PARTS;
        firstSlots.push(ends.length);
        ends.push(...bounds.filter((bound) => bound >= low && bound < high), high);
      }
    }
    firstSlots.push(ends.length);
    ends.push(Infinity);
    this.#ends = Float64Array.from(ends);
    this.#firstSlots = Uint16Array.from(firstSlots);
    this.#boundSlots = Uint16Array.from(bounds, (bound) => ends.lastIndexOf(bound));
    this.hold(start);
    this.#firstPart = heldPart();
  }

  /** How many slots there are: 432 for the times of operations. */
  get slots(): number {
    return this.#ends.length;
  }

  /**
   * Takes the value that {@link slot} is asked for. Two steps, without a number that is no small integer as argument or
   * result of the second: where V8 does not inline a function, such a number is allocated.
   */
  hold(value: number): void {
    held[0] = value;
  }

  /** The slot of the value that is held, which must not be negative. */
  slot(): number {
    const firstSlots = this.#firstSlots;
    const ends = this.#ends;
    const part = heldPart() - this.#firstPart;
    if (part < 0) return 0;
    let slot = firstSlots[part < firstSlots.length ? part : firstSlots.length - 1]!;
    while (held[0]! > ends[slot]!) slot++;
    return slot;
  }

  /** The slot that ends at the bound of this index: it and those before it hold exactly the values up to the bound. */
  slotOfBound(index: number): number {
    return this.#boundSlots[index]!;
  }

  /** What stands for the values of a slot: its middle; of the last one, which has no end, where it begins. */
  middleOf(slot: number): number {
    const begin = slot === 0 ? 0 : this.#ends[slot - 1]!;
    const end = this.#ends[slot]!;
    return end === Infinity ? begin : (begin + end) / 2;
  }
}

/** Exponent and first bits of the fraction of the value that is held, as one number that grows with it. */
function heldPart(): number {
  return words[HIGH_WORD]! >>> SHIFT;
}

function assertBounds(bounds: readonly number[]): void {
  const isFit = (bound: number, index: number): boolean =>
    bound > (bounds[index - 1] ?? 0) && bound < Infinity;
  if (bounds.length > 0 && bounds.every(isFit)) return;
  throw new RangeError(
    `The bounds of a histogram must be positive, finite and ascending, not ${bounds.join(', ')}.`,
  );
}
