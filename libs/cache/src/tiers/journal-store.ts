/** A write that the shared tier of a cache has not acknowledged, as it is kept outside of the process. */
export interface JournalRecord {
  /** Namespace and name of the cache: `'mainstay:cache'`, `'shop:cache:sessions'`. */
  readonly cache: string;
  /** What was written or invalidated: a key, a tag, or everything. */
  readonly kind: 'key' | 'tag' | 'everything';
  /** The key or the tag; `''` for everything. */
  readonly name: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Keeps, where it outlives the process, what the shared tier has not acknowledged: written by one process, it is made up
 * for by whichever comes to the shared tier first. It holds names, not values: of a value that was written, the older one
 * is invalidated. Any database will do that instances share.
 *
 * Several processes use it at once. None of its calls is waited for by a call of the cache; what it throws is logged, and
 * tried again.
 *
 * @example
 * class DatabaseJournal implements JournalStore {
 *   constructor(private readonly database: DatabaseService) {}
 *   async load(cache: string) {
 *     return this.database.query<JournalRecord>('select cache, kind, name, at from cache_journal where cache = $1', [cache]);
 *   }
 *   // save: insert … on conflict (cache, kind, name) do update set at = greatest(cache_journal.at, excluded.at)
 *   // remove: delete … where cache = $1 and kind = $2 and name = $3 and at = $4
 * }
 */
export interface JournalStore {
  /** All records of a cache, whichever process has saved them. */
  load(cache: string): PromiseLike<readonly JournalRecord[]>;
  /** Keeps records; of two of one cache, kind and name the later stays. */
  save(records: readonly JournalRecord[]): PromiseLike<void>;
  /** The shared tier knows these: they go, unless the record of that cache, kind and name is a later one by now. */
  remove(records: readonly JournalRecord[]): PromiseLike<void>;
}
