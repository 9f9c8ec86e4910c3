/** What was written here and not there: some keys, some tags, or everything. */
export type Intent =
  { readonly keys: readonly string[] } | { readonly tags: readonly string[] } | 'everything';

/** Intents that are to be sent together. */
export interface JournalBatch {
  /** The order of the last intent when it was taken; later ones are not in it. */
  readonly upTo: number;
  readonly everything: boolean;
  readonly keys: readonly string[];
  readonly tags: readonly string[];
}

/** Keys and tags that are remembered one by one. */
const DEFAULT_MAX_INTENTS = 10_000;

/**
 * What the shared tier has not acknowledged: each key and tag once, bounded. Too many become "everything": too much is
 * invalidated rather than something forgotten.
 */
export class WriteJournal {
  readonly #maxIntents: number;
  readonly #keys = new Map<string, number>();
  readonly #tags = new Map<string, number>();
  #everything = 0;
  #order = 0;

  /** @param maxIntents bound; @default 10000 */
  constructor(maxIntents = DEFAULT_MAX_INTENTS) {
    this.#maxIntents = maxIntents;
  }

  /** How many intents there are; "everything" is one. */
  get size(): number {
    return this.#keys.size + this.#tags.size + (this.#everything > 0 ? 1 : 0);
  }

  /** Whether the shared tier may have something under the key that is no longer so. */
  hides(key: string, tags?: readonly string[]): boolean {
    if (this.#everything > 0 || this.#keys.has(key)) return true;
    return this.#tags.size > 0 && tags !== undefined && tags.some((tag) => this.#tags.has(tag));
  }

  add(intent: Intent): void {
    const order = ++this.#order;
    if (intent === 'everything') {
      this.#everything = order;
      this.#keys.clear();
      this.#tags.clear();
    } else if (this.#everything === 0) {
      if ('keys' in intent) for (const key of intent.keys) this.#keys.set(key, order);
      else for (const tag of intent.tags) this.#tags.set(tag, order);
      if (this.size > this.#maxIntents) this.add('everything');
    } else {
      // What comes after "everything" may be invalidated with it, once more if it is being sent already.
      this.#everything = order;
    }
  }

  /** Something newer is on its way to the shared tier. */
  forget(intent: Intent): void {
    if (intent === 'everything') {
      this.#everything = 0;
      this.#keys.clear();
      this.#tags.clear();
    } else if ('keys' in intent) {
      for (const key of intent.keys) this.#keys.delete(key);
    } else {
      for (const tag of intent.tags) this.#tags.delete(tag);
    }
  }

  /** What to send next; it stays until it was {@link settle}d. @param max keys and tags */
  next(max: number): JournalBatch {
    return {
      upTo: this.#order,
      everything: this.#everything > 0,
      keys: first(this.#keys, max),
      tags: first(this.#tags, max),
    };
  }

  /** A batch was acknowledged: what was added since stays. */
  settle({ upTo, everything, keys, tags }: JournalBatch): void {
    if (everything && this.#everything <= upTo) this.#everything = 0;
    for (const key of keys) if ((this.#keys.get(key) ?? 0) <= upTo) this.#keys.delete(key);
    for (const tag of tags) if ((this.#tags.get(tag) ?? 0) <= upTo) this.#tags.delete(tag);
  }
}

function first(names: ReadonlyMap<string, number>, max: number): readonly string[] {
  const taken: string[] = [];
  for (const name of names.keys()) {
    if (taken.length >= max) break;
    taken.push(name);
  }
  return taken;
}
