import assert from 'node:assert';
import {
  toCachedValue,
  type CacheEntry,
  type SharedStore,
  type WriteKind,
} from 'nestjs-mainstay/cache';
import type { FakeClock } from '../../fake-clock.js';

/** What passes between two things that are not to be at the same time, in milliseconds. */
export const STEP_MS = 50;

/** Lets time pass where the clock of a test does not make it. */
export type PassTime = (ms: number) => Promise<void>;

/** Two instances on one store, as a test of it sees them. */
export class SharedStoreTest {
  readonly one: SharedStore;
  readonly other: SharedStore;
  readonly clock: FakeClock;

  readonly #pass: PassTime | undefined;

  constructor(
    stores: readonly [one: SharedStore, other: SharedStore],
    clock: FakeClock,
    pass?: PassTime,
  ) {
    [this.one, this.other] = stores;
    this.clock = clock;
    this.#pass = pass;
  }

  /** An entry that is made now and lives for an hour, unless something else is said of it. */
  entry(value: unknown, options: Partial<CacheEntry> = {}): CacheEntry {
    const now = this.clock.now();
    const expiresAt = options.expiresAt ?? now + 3_600_000;
    const times = { createdAt: now, asOf: now, expiresAt, staleUntil: expiresAt };
    return { ...toCachedValue(value), ...times, order: 1, tags: undefined, ...options };
  }

  /** Writes an entry. @returns whether it is there now, as the store says */
  async set(key: string, entry: CacheEntry, kind: WriteKind = 'call'): Promise<boolean> {
    return (await this.one.setMany([[key, entry]], kind)).length === 0;
  }

  /** What the other instance finds under a key. */
  async find(key: string): Promise<CacheEntry | undefined> {
    return (await this.other.getMany([key]))[0];
  }

  /** Asserts what the other instance finds under a key; `undefined`: nothing. */
  async holds(key: string, value: unknown): Promise<void> {
    assert.deepStrictEqual((await this.find(key))?.data, value);
  }

  /** Lets a step of time pass. */
  async later(): Promise<void> {
    await this.clock.advance(STEP_MS);
    await this.#pass?.(STEP_MS);
  }
}

/** Declares one test on a new, empty store. */
export type DeclareSharedStoreTest = (
  name: string,
  body: (test: SharedStoreTest) => Promise<void>,
) => void;
