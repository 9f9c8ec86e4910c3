import type { Entries } from './open-read.js';
import type { TierCalls } from './tier-calls.js';

/** Sends what was gathered; never called twice. */
export type ReadKeys = (keys: readonly string[]) => Promise<Entries>;

/**
 * Reads that are made together: each key once, in one question and with one timer for all who wait equally long, however
 * many they are.
 */
export class ReadBatch {
  readonly #calls: TierCalls;
  readonly #indexes = new Map<string, number>();
  readonly #answer: Promise<Entries>;
  readonly #waits = new Map<number, Promise<Entries>>();
  #resolve: (entries: Entries) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(calls: TierCalls) {
    this.#calls = calls;
    this.#answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits has a handler of its own; also when nobody does, a failure must not end the process.
    this.#answer.catch(() => undefined);
  }

  /** Adds a key. @returns its place in the answer */
  add(key: string): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#calls.begin();
    const index = this.#indexes.size;
    this.#indexes.set(key, index);
    return index;
  }

  /** Asks for what was added. */
  send(read: ReadKeys): void {
    const keys = [...this.#indexes.keys()];
    read(keys).then(
      (entries) => {
        this.#calls.end(keys.length);
        this.#resolve(entries);
      },
      (error: unknown) => {
        this.#calls.end(keys.length);
        this.#reject(error);
      },
    );
  }

  /** The answer. @throws CacheTimeoutError, and what the shared tier throws */
  within(timeoutMs: number): Promise<Entries> {
    const known = this.#waits.get(timeoutMs);
    if (known !== undefined) return known;
    const wait = this.#calls.within(timeoutMs, this.#answer);
    this.#waits.set(timeoutMs, wait);
    return wait;
  }
}
