/** Totals of one moment. */
interface Sample {
  readonly ended: number;
  readonly failed: number;
}

/** The share of failures among what ended lately, from totals that are sampled at a fixed pace. */
export class RateWindow {
  readonly #samples: Sample[];
  readonly #length: number;

  /**
   * @param length samples that the window spans
   * @param start the totals that it begins with
   */
  constructor(length: number, start: Sample = { ended: 0, failed: 0 }) {
    this.#length = length;
    this.#samples = [start];
  }

  /** Adds the totals of this moment; what is older than the window is forgotten. */
  sample(ended: number, failed: number): void {
    this.#samples.push({ ended, failed });
    if (this.#samples.length > this.#length) this.#samples.shift();
  }

  /** What ended since the oldest sample. */
  ended(total: number): number {
    return total - this.#samples[0]!.ended;
  }

  /** What failed since the oldest sample. */
  failed(total: number): number {
    return total - this.#samples[0]!.failed;
  }

  /** @returns 0 … 1; `undefined` when nothing ended */
  rate(ended: number, failed: number): number | undefined {
    const oldest = this.#samples[0]!;
    if (ended === oldest.ended) return undefined;
    return (failed - oldest.failed) / (ended - oldest.ended);
  }
}
