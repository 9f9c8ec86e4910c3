import assert from 'node:assert';
import { toCachedValue, type CacheEntry, type CacheStore } from 'nestjs-mainstay/cache';
import { FakeClock } from '../fake-clock.js';
import type { PassTime } from './conformance/shared-store-test.js';
import type { TestRunner } from './conformance/test-runner.js';
import { VALUES } from './conformance/values.js';

/** The store under test. */
export interface CacheStoreSubject {
  readonly name: string;
  /** A new, empty store for one test. A bounded one takes `maxEntries`. */
  readonly create: (clock: FakeClock, maxEntries: number) => CacheStore | Promise<CacheStore>;
  /** Whether it keeps to `maxEntries` by dropping what was not used for longest. @default true */
  readonly isBounded?: boolean;
  /** Whether an entry comes back with the order it was written with; one of a shared tier has that of its read. @default true */
  readonly keepsOrder?: boolean;
  /** How much earlier than its life an entry may end, in milliseconds. @default 0 */
  readonly earlyMs?: number;
  /**
   * Lets time pass, in milliseconds, for a store that goes by a clock of its own; the clock is advanced by as much.
   * @default nothing has to be done
   */
  readonly pass?: PassTime;
}

/**
 * The tests that every {@link CacheStore} passes, for any runner.
 * @example
 * describeCacheStore({ describe, it }, { name: 'MemoryStore', create: (clock, max) => new MemoryStore(clock, max) });
 */
export function describeCacheStore({ describe, it }: TestRunner, subject: CacheStoreSubject): void {
  const test = (
    name: string,
    body: (store: CacheStore, clock: FakeClock) => Promise<void>,
  ): void => {
    it(name, async () => {
      const clock = new FakeClock();
      await body(await subject.create(clock, 3), clock);
    });
  };
  describe(`${subject.name} as a cache store`, () => {
    describeEntries(test);
    if (subject.keepsOrder ?? true) describeOrder(test);
    describeLives(test, subject);
    if (subject.isBounded ?? true) describeBounds(test);
  });
}

type Test = (name: string, body: (store: CacheStore, clock: FakeClock) => Promise<void>) => void;

function describeEntries(test: Test): void {
  for (const [name, value] of VALUES) {
    test(`gives ${name} back as it was written`, async (store) => {
      await store.set('key', entryOf(value));
      assert.deepStrictEqual((await store.get('key'))?.data, value);
    });
  }
  test('gives tags back', async (store) => {
    await store.set('key', { ...entryOf(1), tags: ['a', 'b'] });
    assert.deepStrictEqual((await store.get('key'))?.tags, ['a', 'b']);
  });
  test('gives undefined for a key that was never written', async (store) => {
    assert.strictEqual(await store.get('key'), undefined);
  });
  test('replaces an entry', async (store) => {
    await store.set('key', entryOf('old'));
    await store.set('key', entryOf('new'));
    assert.strictEqual((await store.get('key'))?.data, 'new');
  });
  test('keeps keys apart that differ in case, in white space or only at the end', async (store) => {
    for (const key of ['key', 'Key', 'key ']) await store.set(key, entryOf(key));
    for (const key of ['key', 'Key', 'key ']) {
      assert.strictEqual((await store.get(key))?.data, key);
    }
  });
  test('deletes an entry, and takes the deletion of what is not there', async (store) => {
    await store.set('key', entryOf(1));
    await store.delete('key');
    await store.delete('never written');
    assert.strictEqual(await store.get('key'), undefined);
  });
  test('clears all entries and goes on working', async (store) => {
    await store.set('a', entryOf(1));
    await store.set('b', entryOf(2));
    await store.clear();
    assert.strictEqual(await store.get('a'), undefined);
    assert.strictEqual(await store.get('b'), undefined);
    await store.set('a', entryOf(3));
    assert.strictEqual((await store.get('a'))?.data, 3);
  });
  test('tests itself and leaves nothing behind', async (store) => {
    await store.set('a', entryOf(1));
    const before = store.size;
    assert.deepStrictEqual(await store.check(), { read: true, write: true });
    assert.strictEqual(store.size, before);
    assert.strictEqual((await store.get('a'))?.data, 1);
  });
}

function describeOrder(test: Test): void {
  test('gives order back', async (store) => {
    await store.set('key', { ...entryOf(1), order: 42 });
    assert.strictEqual((await store.get('key'))?.order, 42);
  });
}

function describeLives(test: Test, { earlyMs = 0, pass }: CacheStoreSubject): void {
  const later = async (clock: FakeClock, ms: number): Promise<void> => {
    await pass?.(ms);
    await clock.advance(ms);
  };
  test('serves an entry until it expires, and not a moment longer', async (store, clock) => {
    await store.set('key', entryOf(1, clock.now() + 1_000));
    await later(clock, 999 - earlyMs);
    assert.strictEqual((await store.get('key'))?.data, 1);
    await later(clock, 1 + earlyMs);
    assert.strictEqual(await store.get('key'), undefined);
  });
  test('serves an entry for ever whose life is Infinity', async (store, clock) => {
    await store.set('key', entryOf(1));
    await clock.advance(10 * 365 * 86_400_000);
    assert.strictEqual((await store.get('key'))?.data, 1);
  });
  test('gives an entry that is written anew its new life', async (store, clock) => {
    await store.set('key', entryOf(1, clock.now() + 1_000));
    await later(clock, 600);
    const now = clock.now();
    await store.set('key', { ...entryOf(2, now + 1_000), createdAt: now, asOf: now });
    await later(clock, 600);
    assert.strictEqual((await store.get('key'))?.data, 2);
  });
  test('has no timer per key', async (store, clock) => {
    for (const key of ['a', 'b', 'c']) await store.set(key, entryOf(1, clock.now() + 1_000));
    assert.ok(clock.pending.all <= 1, `${clock.pending.all} timers are pending`);
  });
}

function describeBounds(test: Test): void {
  test('makes room by dropping what was not used for longest', async (store) => {
    for (const key of ['a', 'b', 'c']) await store.set(key, entryOf(key));
    await store.get('a');
    await store.set('d', entryOf('d'));
    assert.strictEqual(await store.get('b'), undefined);
    for (const key of ['a', 'c', 'd']) assert.strictEqual((await store.get(key))?.data, key);
  });
  test('never holds more entries than its bound', async (store) => {
    for (let index = 0; index < 100; index++) await store.set(`key:${index}`, entryOf(index));
    assert.ok((store.size ?? 0) <= 3, `it holds ${store.size} entries`);
  });
  test('drops no entry to test itself when it is full', async (store) => {
    for (const key of ['a', 'b', 'c']) await store.set(key, entryOf(key));
    await store.check();
    for (const key of ['a', 'b', 'c']) assert.strictEqual((await store.get(key))?.data, key);
  });
}

function entryOf(value: unknown, expiresAt = Infinity): CacheEntry {
  const times = { createdAt: 0, asOf: 0, expiresAt, staleUntil: expiresAt };
  return { ...toCachedValue(value), ...times, order: 1, tags: undefined };
}
