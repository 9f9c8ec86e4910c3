import type { Invalidation } from '../invalidation.js';

/** A write of a key that was not acknowledged. */
export interface KeyIntent {
  /** When its call was, as a time of `Clock.now()`. */
  readonly calledAt: number;
  /** Order of the entry that was to be written; `undefined`: the key was to be invalidated. */
  readonly entryOrder: number | undefined;
}

/** An invalidation of a tag, or of everything, that was not acknowledged. */
export type InvalidationIntent = Omit<KeyIntent, 'entryOrder'>;

/** Intents that are to be sent together, each the newest of its key or tag when the batch was taken. */
export interface JournalBatch {
  readonly everything: InvalidationIntent | undefined;
  readonly keys: readonly (readonly [key: string, intent: KeyIntent])[];
  readonly tags: readonly (readonly [tag: string, intent: InvalidationIntent])[];
}

/** A key and the order of the entry that was to be written under it. */
export type WrittenKey = readonly [key: string, entryOrder: number];

/** Keys and tags that are remembered one by one. */
const DEFAULT_MAX_INTENTS = 10_000;

/**
 * What the shared tier has not acknowledged: for each key and tag the newest intent, bounded. Too many become
 * "everything": too much is invalidated rather than something forgotten.
 */
export class WriteJournal {
  readonly #maxIntents: number;
  readonly #keys = new Map<string, KeyIntent>();
  readonly #tags = new Map<string, InvalidationIntent>();
  #everything: InvalidationIntent | undefined;

  /** @param maxIntents bound; @default 10000 */
  constructor(maxIntents = DEFAULT_MAX_INTENTS) {
    this.#maxIntents = maxIntents;
  }

  /** How many intents there are; "everything" is one. */
  get size(): number {
    return this.#keys.size + this.#tags.size + (this.#everything ? 1 : 0);
  }

  /** Whether the shared tier may have something under the key that is no longer so. */
  hides(key: string, tags?: readonly string[]): boolean {
    if (this.size === 0) return false;
    if (this.#everything !== undefined || this.#keys.has(key)) return true;
    return this.#tags.size > 0 && tags !== undefined && tags.some((tag) => this.#tags.has(tag));
  }

  /** Remembers writes that were called at a time of `Clock.now()`. */
  addWrites(written: readonly WrittenKey[], calledAt: number): void {
    for (const [key, entryOrder] of written) this.#addKey(key, calledAt, entryOrder);
    this.#collapse(calledAt);
  }

  /** Remembers an invalidation that was called at a time of `Clock.now()`. */
  addInvalidation(what: Invalidation, calledAt: number): void {
    const intent: InvalidationIntent = { calledAt };
    if (what === 'everything') {
      this.#keys.clear();
      this.#tags.clear();
      this.#everything = intent;
    } else if ('tags' in what) {
      for (const tag of what.tags) this.#tags.set(tag, intent);
    } else {
      const keys = 'keys' in what ? what.keys : what.expired;
      for (const key of keys) this.#addKey(key, calledAt, undefined);
    }
    this.#collapse(calledAt);
  }

  /** Something newer is on its way to the shared tier. */
  forgetKeys(keys: readonly string[]): void {
    if (this.#keys.size > 0) for (const key of keys) this.#keys.delete(key);
  }

  /** As {@link forgetKeys}. */
  forget(what: Invalidation): void {
    if (this.size === 0) return;
    if (what === 'everything') {
      this.#everything = undefined;
      this.#keys.clear();
      this.#tags.clear();
    } else if ('tags' in what) {
      for (const tag of what.tags) this.#tags.delete(tag);
    } else {
      this.forgetKeys('keys' in what ? what.keys : what.expired);
    }
  }

  /** What to send next; it stays until it was {@link settle}d. @param max keys and tags */
  next(max: number): JournalBatch {
    return {
      everything: this.#everything,
      keys: first(this.#keys, max),
      tags: first(this.#tags, max),
    };
  }

  /** A batch was acknowledged: what was added since stays. */
  settle({ everything, keys, tags }: JournalBatch): void {
    if (this.#everything === everything) this.#everything = undefined;
    for (const [key, intent] of keys) if (this.#keys.get(key) === intent) this.#keys.delete(key);
    for (const [tag, intent] of tags) if (this.#tags.get(tag) === intent) this.#tags.delete(tag);
  }

  /** The failure of an earlier call may come to be known after that of a later one. */
  #addKey(key: string, calledAt: number, entryOrder: number | undefined): void {
    if ((this.#keys.get(key)?.calledAt ?? -Infinity) > calledAt) return;
    this.#keys.set(key, { calledAt, entryOrder });
  }

  #collapse(calledAt: number): void {
    if (this.size > this.#maxIntents) this.addInvalidation('everything', calledAt);
  }
}

function first<T>(intents: ReadonlyMap<string, T>, max: number): readonly (readonly [string, T])[] {
  const taken: (readonly [string, T])[] = [];
  for (const intent of intents) {
    if (taken.length >= max) break;
    taken.push(intent);
  }
  return taken;
}
