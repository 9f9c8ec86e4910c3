import type { Invalidations } from '../invalidations.js';
import { OpenRead } from './open-read.js';

interface KeyReads {
  /** Reads under way. */
  count: number;
  /** The order of what is known of the key: what was read before it is out of date. */
  known: number;
  /** The last that began, until it has ended. */
  last: OpenRead | undefined;
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

  /** A read of keys begins, to be sent now. */
  begin(keys: readonly string[]): OpenRead {
    const read = new OpenRead(keys, this.#order.next());
    for (const key of keys) {
      const reads = this.#byKey.get(key);
      if (reads) {
        reads.count++;
        reads.last = read;
      } else {
        this.#byKey.set(key, { count: 1, known: 0, last: read });
      }
    }
    return read;
  }

  /** The last read of a key that is under way, unless the key was written, or anything invalidated, since it began. */
  find(key: string): OpenRead | undefined {
    const reads = this.#byKey.get(key);
    if (reads?.last === undefined) return undefined;
    const { order } = reads.last;
    return order > reads.known && order > this.#order.lastInvalidation ? reads.last : undefined;
  }

  /** A read was answered. @returns whether the answer is the newest that is known of the key */
  accept(key: string, { order }: OpenRead): boolean {
    const reads = this.#byKey.get(key);
    if (reads === undefined || reads.known > order) return false;
    reads.known = order;
    return true;
  }

  /** A read has ended, one way or another. */
  end(read: OpenRead): void {
    for (const key of read.keys) {
      const reads = this.#byKey.get(key);
      if (reads === undefined) continue;
      if (reads.last === read) reads.last = undefined;
      if (--reads.count === 0) this.#byKey.delete(key);
    }
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
