import type { Disk, ObjectEntry } from './disk.js';
import type { KeyPrefix } from '../keys/key-prefix.js';

/**
 * A listing that is read in pages, each with its own deadline. A page that failed can be asked for again: the listing
 * then begins anew behind the last entry that was given.
 */
export class PagedListing {
  readonly #disk: Disk;
  readonly #prefix: KeyPrefix;
  readonly #signal: AbortSignal | undefined;
  #after: string | undefined;
  #iterator: AsyncIterator<ObjectEntry> | undefined;

  constructor(
    disk: Disk,
    prefix: KeyPrefix,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#disk = disk;
    this.#prefix = prefix;
    this.#after = after;
    this.#signal = signal;
  }

  /**
   * Up to `count` further entries; fewer only at the end.
   * @param signal aborts when nobody waits for the page any more
   */
  async next(count: number, signal: AbortSignal): Promise<readonly ObjectEntry[]> {
    const iterator = (this.#iterator ??= this.#begin());
    this.#iterator = undefined;
    const page: ObjectEntry[] = [];
    while (page.length < count) {
      const step = await iterator.next();
      if (step.done) break;
      page.push(step.value);
    }
    if (signal.aborted) return page;
    this.#iterator = iterator;
    this.#after = page.at(-1)?.key ?? this.#after;
    return page;
  }

  #begin(): AsyncIterator<ObjectEntry> {
    const call = { after: this.#after, signal: this.#signal };
    return this.#disk.list(this.#prefix, call)[Symbol.asyncIterator]();
  }
}
