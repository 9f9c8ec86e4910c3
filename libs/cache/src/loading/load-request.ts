import type { CacheLoadOptions } from '../cache.options.js';
import type { CacheEntry, KeyedEntry } from '../stores/cache-store.js';
import type { Flight } from './flight.js';
import type { Flights } from './flights.js';

/** What a load asks the cache first, and what it learns by that beside the value. */
export class LoadRequest {
  readonly key: string;
  readonly options: CacheLoadOptions;
  /** Loads that had ended before the cache was read. */
  readonly landings: number;
  /** The load whose factory asks; `undefined` where that is not known, or nobody's does. */
  readonly caller: Flight | undefined;
  /** What is there but not fresh. */
  stale: CacheEntry | undefined = undefined;
  /** Wants to know of what is fresh; `undefined` = nobody does. */
  onFresh: ((entry: CacheEntry) => void) | undefined = undefined;

  constructor(key: string, options: CacheLoadOptions, { landings, calling }: Flights) {
    this.key = key;
    this.options = options;
    this.landings = landings;
    this.caller = calling;
  }
}

/** As {@link LoadRequest} for several keys. */
export class BatchLoadRequest {
  readonly keys: readonly string[];
  readonly options: CacheLoadOptions;
  readonly landings: number;
  readonly caller: Flight | undefined;
  readonly stale = new Map<string, CacheEntry>();
  onFresh: ((entries: readonly KeyedEntry[]) => void) | undefined = undefined;

  constructor(keys: readonly string[], options: CacheLoadOptions, { landings, calling }: Flights) {
    this.keys = keys;
    this.options = options;
    this.landings = landings;
    this.caller = calling;
  }
}
