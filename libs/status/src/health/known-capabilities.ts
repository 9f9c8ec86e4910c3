/** Since when each capability of a resource is known to work, at the least: probes and calls show it. */
export class KnownCapabilities {
  readonly #since = new Map<string, number>();
  #lookedAt = 0;

  /** A probe found all of them to work. @param at time of the clock */
  confirm(names: readonly string[], at: number): void {
    this.#since.clear();
    for (const name of names) this.#since.set(name, at);
  }

  /** Nothing is known for sure any more. */
  forget(): void {
    this.#since.clear();
  }

  /** What calls have proved since the last look: not when, but after that look. @param now time of the clock */
  look(proved: ReadonlySet<string>, now: number): void {
    for (const [name, since] of this.#since) {
      if (proved.has(name)) this.#since.set(name, Math.max(since, this.#lookedAt));
    }
    this.#lookedAt = now;
  }

  /** When the oldest of what is known was seen, as a time of the clock; `undefined` while nothing is. */
  get oldest(): number | undefined {
    return this.#since.size === 0 ? undefined : Math.min(...this.#since.values());
  }
}
