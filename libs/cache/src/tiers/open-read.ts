import type { CacheEntry } from '../stores/cache-store.js';

/** What the shared tier has under several keys, in their order. */
export type Entries = readonly (CacheEntry | undefined)[];

/** A question to the shared tier, of one key or of several together, from its sending to its answer. */
export class OpenRead {
  readonly keys: readonly string[];
  /** Its order among the reads, writes and invalidations of this process. */
  readonly order: number;
  #answer: Promise<Entries> = Promise.resolve([]);

  constructor(keys: readonly string[], order: number) {
    this.keys = keys;
    this.order = order;
  }

  /** Asks; never called twice. @throws what the shared tier throws */
  send(ask: () => Promise<Entries>): Promise<Entries> {
    this.#answer = ask();
    return this.#answer;
  }

  /** What is answered of one of its keys. @throws what the shared tier throws */
  async answerOf(key: string): Promise<CacheEntry | undefined> {
    return (await this.#answer)[this.keys.indexOf(key)];
  }
}
