import type { Invalidation } from '../invalidation.js';
import { CALL_WINDOW_MS } from './shared-store.js';

/** A write of a key that was not acknowledged. */
export interface KeyIntent {
  /** When its call was, as a time of `Clock.now()`. */
  readonly calledAt: number;
  /** Order of the entry that was to be written; `undefined`: the key was to be invalidated. */
  readonly entryOrder: number | undefined;
  /**
   * Until when a write that was sent before this one, or this one itself, may have been executed and count as of then;
   * absent where nothing was under way.
   */
  readonly doubtUntil?: number | undefined;
  /** Whether that is so of another write of the same, called before. */
  readonly isBehind?: boolean;
}

/** An invalidation of a tag, or of everything, that was not acknowledged. */
export type InvalidationIntent = Omit<KeyIntent, 'entryOrder'>;

/** As of when an intent invalidates: its call, or later, so that it hits what counts as of later and was sent before. */
export function asOf({ calledAt, doubtUntil = -Infinity }: InvalidationIntent): number {
  return Math.max(calledAt, doubtUntil);
}

/** Intents that are to be sent together, each the newest of its key or tag when the batch was taken. */
export interface JournalBatch {
  readonly everything: InvalidationIntent | undefined;
  readonly keys: readonly (readonly [key: string, intent: KeyIntent])[];
  readonly tags: readonly (readonly [tag: string, intent: InvalidationIntent])[];
}

/** One intent and what it is of; the name of "everything" is `''`. */
export interface JournalEntry {
  readonly kind: 'key' | 'tag' | 'everything';
  readonly name: string;
  readonly intent: InvalidationIntent;
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
  readonly #onChange: () => void;
  #everything: InvalidationIntent | undefined;

  /**
   * @param onChange is called after each change
   * @param maxIntents bound; @default 10000
   */
  constructor(onChange: () => void = () => undefined, maxIntents = DEFAULT_MAX_INTENTS) {
    this.#onChange = onChange;
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

  /**
   * Remembers writes that were called at a time of `Clock.now()`.
   * @param isDoubtful whether they, or writes before them, may be executed later than they were called
   */
  addWrites(written: readonly WrittenKey[], calledAt: number, isDoubtful = false): void {
    const call = callOf(calledAt, isDoubtful);
    for (const [key, entryOrder] of written) add(this.#keys, key, { ...call, entryOrder });
    this.#collapse();
  }

  /**
   * Remembers an invalidation that was called at a time of `Clock.now()`.
   * @param isDoubtful as in {@link addWrites}
   */
  addInvalidation(what: Invalidation, calledAt: number, isDoubtful = false): void {
    const call = callOf(calledAt, isDoubtful);
    if (what === 'everything') {
      this.#addEverything(call);
    } else if ('tags' in what) {
      for (const tag of what.tags) add(this.#tags, tag, call);
    } else {
      const keys = 'keys' in what ? what.keys : what.expired;
      for (const key of keys) add(this.#keys, key, { ...call, entryOrder: undefined });
    }
    this.#collapse();
  }

  /**
   * Remembers what another process could not tell, unless something later is known.
   * @returns the intent; `undefined` if it was not needed
   */
  adopt(
    { kind, name }: Omit<JournalEntry, 'intent'>,
    calledAt: number,
  ): InvalidationIntent | undefined {
    if (this.#everything && calledAt <= this.#everything.calledAt) return undefined;
    if (kind === 'everything') this.addInvalidation('everything', calledAt);
    else this.addInvalidation(kind === 'key' ? { keys: [name] } : { tags: [name] }, calledAt);
    const intents = {
      key: this.#keys.get(name),
      tag: this.#tags.get(name),
      everything: this.#everything,
    };
    const intent = intents[kind];
    return intent?.calledAt === calledAt ? intent : undefined;
  }

  /** All intents. */
  *entries(): Iterable<JournalEntry> {
    if (this.#everything) yield { kind: 'everything', name: '', intent: this.#everything };
    for (const [name, intent] of this.#keys) yield { kind: 'key', name, intent };
    for (const [name, intent] of this.#tags) yield { kind: 'tag', name, intent };
  }

  /** Something newer is on its way to the shared tier. */
  forgetKeys(keys: readonly string[]): void {
    if (this.#keys.size === 0) return;
    for (const key of keys) this.#keys.delete(key);
    this.#onChange();
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
      for (const key of 'keys' in what ? what.keys : what.expired) this.#keys.delete(key);
    }
    this.#onChange();
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
    this.#onChange();
  }

  /** It takes the place of all that was called before it. */
  #addEverything(call: InvalidationIntent): void {
    let everything = newest(call, this.#everything);
    for (const intents of [this.#keys, this.#tags]) {
      for (const [name, intent] of intents) {
        if (intent.calledAt > call.calledAt) continue;
        everything = inDoubtAs(everything, intent);
        intents.delete(name);
      }
    }
    this.#everything = everything;
  }

  #collapse(): void {
    if (this.size > this.#maxIntents) this.addInvalidation('everything', this.#latestCall);
    else this.#onChange();
  }

  get #latestCall(): number {
    let latest = -Infinity;
    for (const { intent } of this.entries()) latest = Math.max(latest, intent.calledAt);
    return latest;
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

function callOf(calledAt: number, isDoubtful: boolean): InvalidationIntent {
  return isDoubtful ? { calledAt, doubtUntil: calledAt + CALL_WINDOW_MS } : { calledAt };
}

function add<T extends InvalidationIntent>(intents: Map<string, T>, name: string, intent: T): void {
  intents.set(name, newest(intent, intents.get(name)));
}

/** The failure of an earlier call may come to be known after that of a later one. */
function newest<T extends InvalidationIntent>(intent: T, known: T | undefined): T {
  const isLater = known === undefined || intent.calledAt >= known.calledAt;
  return isLater ? inDoubtAs(intent, known) : inDoubtAs(known, intent);
}

/** An intent that takes the place of another has to undo what that may have done. */
function inDoubtAs<T extends InvalidationIntent>(
  intent: T,
  other: InvalidationIntent | undefined,
): T {
  if (other?.doubtUntil === undefined) return intent;
  const doubtUntil = Math.max(other.doubtUntil, intent.doubtUntil ?? -Infinity);
  return { ...intent, doubtUntil, isBehind: true };
}
