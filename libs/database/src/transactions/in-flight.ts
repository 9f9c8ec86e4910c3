/** Counts what runs, and tells when nothing does any more. */
export class InFlight {
  readonly #idle = new Set<() => void>();
  #running = 0;

  enter(): void {
    this.#running++;
  }

  leave(): void {
    this.#running--;
    if (this.#running > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Settles when nothing runs. */
  drained(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }
}
