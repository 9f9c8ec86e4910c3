import type { Invalidations } from '../invalidations.js';

interface KeyReads {
  /** Reads under way. */
  count: number;
  /** The order of what is known of the key: what was read before it is out of date. */
  known: number;
}

/**
 * Tells whether what a read brings is still news: the key may have been written meanwhile, or a later read may have been
 * answered first.
 */
export class ReadFences {
  readonly #order: Invalidations;
  readonly #byKey = new Map<string, KeyReads>();

  constructor(order: Invalidations) {
    this.#order = order;
  }

  /** A read begins. @returns its order among reads and writes */
  begin(key: string): number {
    const reads = this.#byKey.get(key);
    if (reads) reads.count++;
    else this.#byKey.set(key, { count: 1, known: 0 });
    return this.#order.next();
  }

  /** A read was answered. @returns whether the answer is the newest that is known of the key */
  accept(key: string, order: number): boolean {
    const reads = this.#byKey.get(key);
    if (reads === undefined || reads.known > order) return false;
    reads.known = order;
    return true;
  }

  /** A read has ended, one way or another. */
  end(key: string): void {
    const reads = this.#byKey.get(key);
    if (reads && --reads.count === 0) this.#byKey.delete(key);
  }

  /** The key is written: reads that are under way bring something older. */
  fence(key: string): void {
    const reads = this.#byKey.get(key);
    if (reads) reads.known = this.#order.next();
  }

  /** Everything is cleared. */
  fenceAll(): void {
    for (const reads of this.#byKey.values()) reads.known = this.#order.next();
  }
}
