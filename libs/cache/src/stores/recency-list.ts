/** Takes the place of a slot where the list begins and ends: its neighbours are the oldest slot and the newest. */
const ENDS = 0;

/**
 * The order in which slots were used; every change takes constant time. The neighbours of a slot are numbers in two
 * arrays, which takes 8 bytes a slot and leaves nothing for the garbage collector to follow. The list is a ring, closed by
 * a place of its own, so that no slot is an exception.
 */
export class RecencyList {
  #older: Int32Array;
  #newer: Int32Array;

  /** @param capacity slots from 0 to one below it may be listed */
  constructor(capacity: number) {
    this.#older = new Int32Array(capacity + 1);
    this.#newer = new Int32Array(capacity + 1);
  }

  /** The slot that was not used for longest; -1 when there is none. */
  get oldest(): number {
    return this.#newer[ENDS]! - 1;
  }

  /** Makes room for more slots. */
  grow(capacity: number): void {
    this.#older = grown(this.#older, new Int32Array(capacity + 1));
    this.#newer = grown(this.#newer, new Int32Array(capacity + 1));
  }

  /** Adds a slot as the newest. */
  add(slot: number): void {
    const place = slot + 1;
    const newest = this.#older[ENDS]!;
    this.#older[place] = newest;
    this.#newer[place] = ENDS;
    this.#newer[newest] = place;
    this.#older[ENDS] = place;
  }

  /** Makes a slot the newest. */
  touch(slot: number): void {
    this.remove(slot);
    this.add(slot);
  }

  /** Takes a slot out. */
  remove(slot: number): void {
    const older = this.#older[slot + 1]!;
    const newer = this.#newer[slot + 1]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}
