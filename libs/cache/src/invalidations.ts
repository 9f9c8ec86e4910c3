/** Tags whose last invalidation is remembered one by one. */
const DEFAULT_MAX_TAGS = 10_000;

/**
 * The order of writes, loads and invalidations of one cache, as one counter: what was written, or began to be loaded,
 * before an invalidation is not valid after it. Invalidating costs the same however many entries it hits.
 */
export class Invalidations {
  readonly #maxTags: number;
  readonly #tags = new Map<string, number>();
  #sequence = 0;
  #clearedAt = 0;
  #forgottenAt = 0;
  #lastInvalidation = 0;

  /** @param maxTags bound of the tags remembered one by one; @default 10000 */
  constructor(maxTags = DEFAULT_MAX_TAGS) {
    this.#maxTags = maxTags;
  }

  /** The order of the last invalidation of tags or of everything; 0 = there was none. */
  get lastInvalidation(): number {
    return this.#lastInvalidation;
  }

  /** The order of a write, or of a load that begins now. */
  next(): number {
    return ++this.#sequence;
  }

  /** Invalidates everything. */
  clear(): void {
    this.#clearedAt = ++this.#sequence;
    this.#lastInvalidation = this.#clearedAt;
    this.#tags.clear();
  }

  /** Invalidates what carries one of the tags. */
  invalidate(tags: readonly string[]): void {
    const order = ++this.#sequence;
    this.#lastInvalidation = order;
    for (const tag of tags) {
      // Deleted first, so that the map stays in the order of invalidation.
      this.#tags.delete(tag);
      this.#tags.set(tag, order);
    }
    this.#forgetOldest();
  }

  /** Whether an entry of this order and these tags may be served or stored. */
  isValid(order: number, tags: readonly string[] | undefined): boolean {
    if (order <= this.#clearedAt) return false;
    return tags === undefined || this.#areValid(tags, order);
  }

  /** Whether none of the tags was invalidated since. */
  #areValid(tags: readonly string[], order: number): boolean {
    if (order <= this.#forgottenAt) return false;
    for (const tag of tags) if ((this.#tags.get(tag) ?? 0) >= order) return false;
    return true;
  }

  /** Forgetting a tag invalidates every tagged entry that is as old as that: too much rather than too little. */
  #forgetOldest(): void {
    for (const [tag, order] of this.#tags) {
      if (this.#tags.size <= this.#maxTags) return;
      this.#tags.delete(tag);
      this.#forgottenAt = order;
    }
  }
}
