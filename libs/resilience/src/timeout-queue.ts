import type { Clock, Timer } from 'nestjs-mainstay/common';

/** How long the first leg of the timer is at most: a process ends that much later than its last call. */
const FIRST_LEG_MS = 10;

/** Something that is over at a time. Its queue alone writes the links, so that adding one allocates nothing. */
export interface TimeoutEntry {
  next: TimeoutEntry | undefined;
  previous: TimeoutEntry | undefined;
  /** When it is over, as a time of the clock. */
  dueAt: number;
  /** Called at `dueAt`, when the entry has left the queue. Must not throw. */
  onTimeout(): void;
}

/**
 * Timeouts of one duration with one timer for all: a linked list in the order in which they are due, which is the order
 * in which they come. Adding and removing cost neither a timer nor an allocation, however many are in the queue.
 *
 * Calls mostly end long before their timeout. So the timer goes a short first leg, and further only if something is
 * still in the queue then: fast calls one after the other share a leg, and none holds the process for the whole timeout.
 */
export class TimeoutQueue {
  readonly #clock: Clock;
  readonly #durationMs: number;
  #first: TimeoutEntry | undefined;
  #last: TimeoutEntry | undefined;
  #size = 0;
  #timer: Timer | undefined;
  /** When the timer fires; `Infinity` without one, `-Infinity` while due entries are taken out. */
  #firesAt = Infinity;
  #isFirstLeg = false;
  readonly #onTimer = (): void => this.#takeDue();

  constructor(clock: Clock, durationMs: number) {
    this.#clock = clock;
    this.#durationMs = durationMs;
  }

  /** Entries that are neither over nor removed. */
  get size(): number {
    return this.#size;
  }

  /** What is in the queue now, in the order in which it is due. */
  entries(): TimeoutEntry[] {
    const entries: TimeoutEntry[] = [];
    for (let entry = this.#first; entry !== undefined; entry = entry.next) entries.push(entry);
    return entries;
  }

  /** Adds an entry, which must be in no queue; it is over `durationMs` after `now`. */
  add(entry: TimeoutEntry, now: number): void {
    const dueAt = now + this.#durationMs;
    entry.dueAt = dueAt;
    this.#insert(entry, dueAt);
    this.#size++;
    if (dueAt < this.#firesAt) this.#armFirstLeg(dueAt);
  }

  /** Takes an entry out before it is over; does nothing when it is in no queue. */
  remove(entry: TimeoutEntry): void {
    if (entry.previous === undefined && this.#first !== entry) return;
    this.#unlink(entry);
    if (this.#size === 0 && this.#timer !== undefined && !this.#isFirstLeg) this.#disarm();
  }

  /** To the end of the list; further up if `now` was read before that of entries which are there already. */
  #insert(entry: TimeoutEntry, dueAt: number): void {
    let previous = this.#last;
    while (previous !== undefined && previous.dueAt > dueAt) previous = previous.previous;
    const next = previous === undefined ? this.#first : previous.next;
    entry.previous = previous;
    entry.next = next;
    if (previous === undefined) this.#first = entry;
    else previous.next = entry;
    if (next === undefined) this.#last = entry;
    else next.previous = entry;
  }

  #unlink(entry: TimeoutEntry): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
    this.#size--;
  }

  #armFirstLeg(dueAt: number): void {
    this.#disarm();
    const now = this.#clock.now();
    this.#isFirstLeg = true;
    this.#arm(Math.min(dueAt, now + FIRST_LEG_MS), now);
  }

  #arm(firesAt: number, now: number): void {
    this.#firesAt = firesAt;
    this.#timer = this.#clock.schedule(this.#onTimer, firesAt - now);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #takeDue(): void {
    this.#timer = undefined;
    this.#firesAt = -Infinity;
    const now = this.#clock.now();
    try {
      for (let first = this.#first; first && first.dueAt <= now; first = this.#first) {
        this.#unlink(first);
        first.onTimeout();
      }
    } finally {
      // Also after an error, so that it keeps nobody else's timeout from coming.
      this.#armRest();
    }
  }

  #armRest(): void {
    this.#firesAt = Infinity;
    this.#isFirstLeg = false;
    if (this.#first !== undefined) this.#arm(this.#first.dueAt, this.#clock.now());
  }
}
