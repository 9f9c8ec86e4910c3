/** Lets the changes of one key happen one after the other, within this process. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` alone among all work on any of `keys`. */
  async run<R>(keys: readonly string[], work: () => Promise<R>): Promise<R> {
    const before = keys.map((key) => this.#tails.get(key)).filter((tail) => tail !== undefined);
    let release!: () => void;
    const own = new Promise<void>((resolve) => (release = resolve));
    for (const key of keys) this.#tails.set(key, own);
    try {
      if (before.length > 0) await Promise.all(before);
      return await work();
    } finally {
      for (const key of keys) if (this.#tails.get(key) === own) this.#tails.delete(key);
      release();
    }
  }
}
