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
