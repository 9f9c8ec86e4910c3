/** Something whose successes prove a capability of a resource: one of its operations. */
export interface ProofSource {
  /** The capability; `undefined` when its successes prove none. */
  readonly proves: string | undefined;
  /** Tries that the dependency itself answered. */
  readonly succeededTries: number;
}

/** Finds which capabilities calls have proved, by comparing what is counted anyway. */
export class Proofs {
  readonly #sources: readonly ProofSource[];
  readonly #seen = new Map<ProofSource, number>();

  /** @param sources may grow */
  constructor(sources: readonly ProofSource[]) {
    this.#sources = sources;
    this.look();
  }

  /** The capabilities that calls have proved since the last look. */
  look(): ReadonlySet<string> {
    const proved = new Set<string>();
    for (const source of this.#sources) {
      const { proves, succeededTries } = source;
      if (proves === undefined) continue;
      if (succeededTries !== (this.#seen.get(source) ?? 0)) proved.add(proves);
      this.#seen.set(source, succeededTries);
    }
    return proved;
  }
}
