import type { CachedValue } from '../values/cached-value.js';

/** What a flight brings: the value of each of its keys. */
export type Landing = ReadonlyMap<string, CachedValue>;

/** One load in progress, of one key or of several together. */
export interface Flight {
  /** The order of its start among writes and invalidations. */
  readonly order: number;
  readonly landing: Promise<Landing>;
}

/**
 * The loads in progress of one cache, at most one that can be joined per key. A key's write or deletion fences its
 * flight: those who wait get the value, but it is not stored, and nobody else joins.
 */
export class Flights {
  readonly #byKey = new Map<string, Flight>();
  #barrier = 0;
  #landings = 0;

  /** How many flights have landed; whoever read the cache before the last landing may have missed its value. */
  get landings(): number {
    return this.#landings;
  }

  /** The flight of a key, unless something was invalidated since it began. */
  find(key: string): Flight | undefined {
    const flight = this.#byKey.get(key);
    return flight !== undefined && flight.order > this.#barrier ? flight : undefined;
  }

  /**
   * Begins a flight; it displaces others of its keys, which can then not be stored.
   * @param load does the loading; its rejection is the flight's
   */
  launch(
    keys: readonly string[],
    order: number,
    load: (isCurrent: (key: string) => boolean) => Promise<Landing>,
  ): Flight {
    const { promise: landing, resolve, reject } = withResolvers<Landing>();
    const flight: Flight = { order, landing };
    for (const key of keys) this.#byKey.set(key, flight);
    // Those who wait have their own handlers; a flight nobody waits for any more must not end the process.
    landing.catch(() => undefined);
    void load((key) => this.#byKey.get(key) === flight)
      .finally(() => this.#end(keys, flight))
      .then(resolve, reject);
    return flight;
  }

  /** The key was written or deleted: its flight brings an older value. */
  fence(key: string): void {
    if (this.#byKey.size > 0) this.#byKey.delete(key);
  }

  /** Everything was invalidated: no flight may store its value. */
  fenceAll(): void {
    this.#byKey.clear();
  }

  /** Something was invalidated: nobody joins a flight that began before `order`. */
  closeBefore(order: number): void {
    this.#barrier = order;
  }

  #end(keys: readonly string[], flight: Flight): void {
    this.#landings++;
    for (const key of keys) if (this.#byKey.get(key) === flight) this.#byKey.delete(key);
  }
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<T>(): Resolvers<T> {
  let settle: Pick<Resolvers<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Pick<Resolvers<T>, 'resolve' | 'reject'>) };
}
