/**
 * What candidates took, round by round.
 * @template {string} Name
 */
export class Samples {
  /** @type {Map<Name, number[]>} */
  #rounds;

  /** @param {readonly Name[]} names */
  constructor(names) {
    this.#rounds = new Map(names.map((name) => [name, []]));
  }

  /**
   * @param {Name} name
   * @param {number} sample
   */
  add(name, sample) {
    this.#of(name).push(sample);
  }

  /**
   * What a candidate takes, less what `base` takes: the median of the rounds.
   * @param {Name} name
   * @param {Name} [base]
   */
  value(name, base) {
    return median(this.#less(name, base));
  }

  /**
   * A candidate against another. The ratio is that of the rounds, so that a slow round does not count for one of them.
   * @param {Name} name
   * @param {Name} peer
   * @param {Name} [base]
   */
  against(name, peer, base) {
    const peers = this.#less(peer, base);
    const ratio = median(
      this.#less(name, base).map((value, round) => value / (peers[round] ?? NaN)),
    );
    return { value: this.value(name, base), peer: this.value(peer, base), ratio };
  }

  /**
   * @param {Name} name
   * @param {Name} [base]
   */
  #less(name, base) {
    const bases = base === undefined ? [] : this.#of(base);
    return this.#of(name).map((value, round) => value - (bases[round] ?? 0));
  }

  /** @param {Name} name */
  #of(name) {
    return this.#rounds.get(name) ?? [];
  }
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
