import { Clock } from 'nestjs-mainstay/common';
import { MemoryStore, type CacheEntry } from 'nestjs-mainstay/cache';
import { describeCacheStore, type CacheStoreSubject } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it } from 'vitest';

/** Runs the suite with a runner of its own. @returns the names of the tests that failed */
async function failuresOf(subject: Omit<CacheStoreSubject, 'name'>): Promise<string[]> {
  const tests: (readonly [name: string, test: () => Promise<void>])[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, test: () => Promise<void>) => tests.push([name, test]),
  };
  describeCacheStore(runner, { name: 'store', ...subject });
  const failures: string[] = [];
  for (const [name, test] of tests) await test().catch(() => failures.push(name));
  return failures;
}

class Amnesiac extends MemoryStore {
  override get(): undefined {
    return undefined;
  }
}

class Immortal extends MemoryStore {
  override set(key: string, entry: CacheEntry): void {
    super.set(key, { ...entry, staleUntil: Infinity });
  }
}

class Unclearable extends MemoryStore {
  override clear(): void {}
}

class TimerPerKey extends MemoryStore {
  readonly #timers: Clock;
  constructor(clock: Clock) {
    super(clock, 3);
    this.#timers = clock;
  }
  override set(key: string, entry: CacheEntry): void {
    super.set(key, entry);
    if (entry.expiresAt !== Infinity) this.#timers.schedule(() => this.delete(key), 1e9);
  }
}

describe('describeCacheStore', () => {
  it('passes a store that is right', async () => {
    const create: CacheStoreSubject['create'] = (clock, max) => new MemoryStore(clock, max);
    expect(await failuresOf({ create })).toEqual([]);
    expect(await failuresOf({ create: async (clock, max) => create(clock, max) })).toEqual([]);
  });

  it.each<[string, CacheStoreSubject['create'], string]>([
    ['forgets', (clock, max) => new Amnesiac(clock, max), 'replaces an entry'],
    [
      'serves what has expired',
      (clock, max) => new Immortal(clock, max),
      'serves an entry until it expires, and not a moment longer',
    ],
    [
      'does not clear',
      (clock, max) => new Unclearable(clock, max),
      'clears all entries and goes on working',
    ],
    ['has a timer per key', (clock) => new TimerPerKey(clock), 'has no timer per key'],
    [
      'is not bounded',
      (clock) => new MemoryStore(clock, 1_000),
      'never holds more entries than its bound',
    ],
  ])('fails a store that %s', async (_name, create, failure) => {
    expect(await failuresOf({ create })).toContain(failure);
  });

  it('asks only a bounded store for its bound', async () => {
    const create: CacheStoreSubject['create'] = (clock) => new MemoryStore(clock, 1_000);
    expect(await failuresOf({ create, isBounded: false })).toEqual([]);
  });
});
