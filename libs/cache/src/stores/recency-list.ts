/** Where a list ends. */
const NONE = -1;

/**
 * The order in which slots were used; every change takes constant time. The neighbours of a slot are numbers in two
 * arrays, which takes 8 bytes a slot and leaves nothing for the garbage collector to follow.
 */
export class RecencyList {
  #older: Int32Array;
  #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;

  /** @param capacity slots from 0 to one below it may be listed */
  constructor(capacity: number) {
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  /** The slot that was not used for longest; -1 when there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Makes room for more slots. */
  grow(capacity: number): void {
    this.#older = grown(this.#older, new Int32Array(capacity));
    this.#newer = grown(this.#newer, new Int32Array(capacity));
  }

  /** Adds a slot as the newest. */
  add(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  /** Makes a slot the newest. */
  touch(slot: number): void {
    if (slot === this.#newest) return;
    this.remove(slot);
    this.add(slot);
  }

  /** Takes a slot out. */
  remove(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}
