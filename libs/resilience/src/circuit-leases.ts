/** The right to one execution; its result is given back with it. A permit of an earlier state changes nothing. */
export interface CircuitPermit {
  readonly generation: number;
}

/** The permits of a half-open breaker: a few, leased for a time, so that a hung call does not keep one for ever. */
export class CircuitLeases {
  readonly #permits: number;
  readonly #leaseMs: number;
  readonly #leases = new Map<CircuitPermit, number>();
  #successes = 0;

  constructor(permits: number, leaseMs: number) {
    this.#permits = permits;
    this.#leaseMs = leaseMs;
  }

  /** @returns `undefined` while all permits are out */
  take(generation: number, now: number, leaseMs = this.#leaseMs): CircuitPermit | undefined {
    for (const [permit, expiresAt] of this.#leases) {
      if (expiresAt <= now) this.#leases.delete(permit);
    }
    if (this.#leases.size + this.#successes >= this.#permits) return undefined;
    const permit = { generation };
    this.#leases.set(permit, now + leaseMs);
    return permit;
  }

  /** @returns whether the permit was out: its lease may be over, and another call may have it */
  giveBack(permit: CircuitPermit): boolean {
    return this.#leases.delete(permit);
  }

  /** One more execution succeeded. @returns whether as many as there are permits have */
  succeed(): boolean {
    return ++this.#successes >= this.#permits;
  }

  clear(): void {
    this.#leases.clear();
    this.#successes = 0;
  }
}
