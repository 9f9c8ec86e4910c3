/** One series of a counter: counting only, without allocation. */
export class CounterCell {
  readonly #value = new Float64Array(1);

  increment(by = 1): void {
    this.#value[0]! += by;
  }

  get value(): number {
    return this.#value[0]!;
  }
}

/** One series of a gauge. */
export class GaugeCell {
  readonly #value = new Float64Array(1);

  set(value: number): void {
    this.#value[0] = value;
  }

  get value(): number {
    return this.#value[0]!;
  }
}

/** One series of a histogram with exact counts at each upper bound. */
export class HistogramCell {
  /** Upper bounds, ascending; values beyond the last one are counted in one more bucket. */
  readonly bounds: Float64Array;
  readonly #counts: Float64Array;
  readonly #sum = new Float64Array(1);

  constructor(bounds: Float64Array) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value; what is negative or no number counts as 0. */
  observe(value: number): void {
    const observed = value > 0 ? value : 0;
    const { bounds } = this;
    // From the smallest bound on: the values that must be cheap to record are the small ones.
    let bucket = 0;
    while (bucket < bounds.length && observed > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum[0]! += observed;
  }

  /** Values counted in one bucket, not cumulated; `bounds.length` is the bucket without an upper bound. */
  countIn(bucket: number): number {
    return this.#counts[bucket]!;
  }

  get count(): number {
    let total = 0;
    for (const count of this.#counts) total += count;
    return total;
  }

  get sum(): number {
    return this.#sum[0]!;
  }
}
