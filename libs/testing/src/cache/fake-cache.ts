import assert from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { CacheService, toCachedValue } from 'nestjs-mainstay/cache';
import { Operations } from 'nestjs-mainstay/resource';
import type { FakeClock } from '../fake-clock.js';
import { FakeBackend, type FakeCacheOptions } from './fake-backend.js';

/**
 * A `CacheService` for unit tests: behaves as the real one does on the embedded engine, stands on a `FakeClock`, can be
 * taken down, and asserts what was done to it.
 *
 * @example
 * const cache = new FakeCache();
 * const users = new UsersService(cache);   // or .overrideProvider(CacheService).useValue(cache)
 * await users.find('42');
 * cache.assertHas('user:42', { id: '42' });
 * await cache.clock.advance(300_000);
 * cache.assertMissing('user:42');
 */
export class FakeCache extends CacheService {
  /** Moves the life of the entries on. */
  readonly clock: FakeClock;
  readonly #backend: FakeBackend;
  readonly #deleted = new Set<string>();
  readonly #invalidated = new Set<string>();

  constructor(options: FakeCacheOptions = {}) {
    const backend = new FakeBackend(options);
    super(backend, operationsOf(backend));
    this.#backend = backend;
    this.clock = backend.clock;
  }

  override delete(key: string): Promise<boolean> {
    this.#deleted.add(key);
    return super.delete(key);
  }

  override deleteMany(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) this.#deleted.add(key);
    return super.deleteMany(keys);
  }

  override invalidateTags(...tags: string[]): Promise<boolean> {
    for (const tag of tags) this.#invalidated.add(tag);
    return super.invalidateTags(...tags);
  }

  /** From now on reads give `null` and writes `false`, as in an outage. */
  goDown(): void {
    this.#backend.isDown = true;
  }

  /** Ends an outage; the entries are still there. */
  comeBack(): void {
    this.#backend.isDown = false;
  }

  /**
   * Asserts that there is an entry, and that it has this value where one is given. `null` is a value: it is known that
   * nothing exists.
   */
  assertHas(key: string, ...expected: [value?: unknown]): void {
    const entry = this.#peek(key);
    assert.ok(entry, `Expected the cache to have "${key}", but it has not.`);
    if (expected.length === 0) return;
    const { data } = toCachedValue(expected[0]);
    if (isDeepStrictEqual(entry.data, data)) return;
    assert.fail(
      `Expected "${key}" to be ${show(data)} in the cache, but it is ${show(entry.data)}.`,
    );
  }

  /** Asserts that there is no entry: never written, expired, deleted or invalidated. */
  assertMissing(key: string): void {
    const entry = this.#peek(key);
    assert.ok(!entry, `Expected the cache not to have "${key}", but it is ${show(entry?.data)}.`);
  }

  /** Asserts that a key was deleted (`delete`, `deleteMany`, `@CacheEvict`) and is not there again. */
  assertDeleted(key: string): void {
    const keys = [...this.#deleted].join(', ') || 'none';
    assert.ok(this.#deleted.has(key), `Expected "${key}" to be deleted; deleted: ${keys}.`);
    this.assertMissing(key);
  }

  /** Asserts that a tag was invalidated. */
  assertInvalidated(tag: string): void {
    const tags = [...this.#invalidated].join(', ') || 'none';
    assert.ok(this.#invalidated.has(tag), `Expected tag "${tag}" invalidated; were: ${tags}.`);
  }

  /** What an outage hides is there all the same. */
  #peek(key: string): ReturnType<CacheService['inspect']> {
    const { isDown } = this.#backend;
    this.#backend.isDown = false;
    try {
      return this.inspect(key);
    } finally {
      this.#backend.isDown = isDown;
    }
  }
}

/** Without a breaker and retries, so that going down and coming back take effect at once. */
function operationsOf(backend: FakeBackend): Operations {
  const operations = new Operations(backend.clock);
  operations.of(backend, { breaker: false, retry: false });
  return operations;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part,
  );
}
