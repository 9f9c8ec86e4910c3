import type { CacheEntry } from './cache-store.js';

/** An entry and its neighbours in the order of use. */
export interface RecencyNode {
  readonly key: string;
  entry: CacheEntry;
  older: RecencyNode | undefined;
  newer: RecencyNode | undefined;
}

/** Entries in the order in which they were used; every change takes constant time. */
export class RecencyList {
  #oldest: RecencyNode | undefined;
  #newest: RecencyNode | undefined;

  /** The entry that was not used for longest. */
  get oldest(): RecencyNode | undefined {
    return this.#oldest;
  }

  /** Adds an entry as the newest. */
  add(key: string, entry: CacheEntry): RecencyNode {
    const node: RecencyNode = { key, entry, older: undefined, newer: undefined };
    this.#append(node);
    return node;
  }

  /** Makes an entry the newest. */
  touch(node: RecencyNode): void {
    if (node === this.#newest) return;
    this.remove(node);
    this.#append(node);
  }

  /** Takes an entry out. */
  remove(node: RecencyNode): void {
    const { older, newer } = node;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    node.older = undefined;
    node.newer = undefined;
  }

  #append(node: RecencyNode): void {
    node.older = this.#newest;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }
}
