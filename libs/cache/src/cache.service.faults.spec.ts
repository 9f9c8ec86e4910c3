import { Logger } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls, StagedFaults } from 'nestjs-mainstay/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../test/cache-config.js';
import { CacheUnavailableError } from './cache.errors.js';
import { CacheService } from './cache.service.js';
import type { Awaitable } from './stores/awaitable.js';
import type { CacheEntry, CacheStore, StoreCheck } from './stores/cache-store.js';
import { MemoryStore } from './stores/memory-store.js';

const config = cacheConfigOf({ maxEntries: 100 });

/** A store as a network tier behaves: answers later, fails as staged, or not at all. */
class RemoteStore implements CacheStore {
  readonly faults = new StagedFaults();
  isHung = false;
  /** What an answer waits for after the work was done. */
  delay: Promise<void> | undefined;
  readonly #memory: MemoryStore;

  constructor(clock: FakeClock) {
    this.#memory = new MemoryStore(clock);
  }

  get size(): number {
    return this.#memory.size;
  }

  get(key: string): Awaitable<CacheEntry | undefined> {
    return this.#answer('get', () => this.#memory.get(key));
  }

  set(key: string, entry: CacheEntry): Awaitable<void> {
    return this.#answer('set', () => this.#memory.set(key, entry));
  }

  delete(key: string): Awaitable<void> {
    return this.#answer('delete', () => this.#memory.delete(key));
  }

  clear(): Awaitable<void> {
    return this.#answer('clear', () => this.#memory.clear());
  }

  check(): Awaitable<StoreCheck> {
    return this.#answer('check', () => this.#memory.check());
  }

  async #answer<T>(operation: string, work: () => T): Promise<T> {
    if (this.isHung) return new Promise<T>(() => undefined);
    const { delay } = this;
    await Promise.resolve();
    this.faults.strike(operation);
    const result = work();
    await delay;
    return result;
  }
}

let clock: FakeClock;
let recorded: RecordedCalls;
let store: RemoteStore;
let cache: CacheService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordedCalls();
  store = new RemoteStore(clock);
  cache = new CacheService(
    { name: 'cache', config, clock, store },
    new Operations(clock, recorded),
  );
});

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Runs calls whose retries wait for the clock. */
async function settled<T>(call: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.all([Promise.allSettled([call]), clock.advance(2_000)]);
  return result[0];
}

async function valueOf<T>(call: Promise<T>): Promise<T> {
  const result = await settled(call);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

describe('cache rule 3: while the store is down', () => {
  beforeEach(() => {
    for (const name of ['get', 'set', 'delete', 'clear'])
      store.faults.stage(name, { error: refused });
  });

  it.each<[string, () => Promise<unknown>, unknown]>([
    ['get gives null', () => cache.get('key'), null],
    ['getMany gives null for each key', () => cache.getMany(['a', 'b']), [null, null]],
    ['set gives false', () => cache.set('key', 1), false],
    ['setMany gives false', () => cache.setMany([{ key: 'key', value: 1 }]), false],
    ['delete gives false', () => cache.delete('key'), false],
    ['deleteMany gives false', () => cache.deleteMany(['key']), false],
    ['clear gives false', () => cache.clear(), false],
  ])('%s', async (_name, call, expected) => {
    expect(await valueOf(call())).toEqual(expected);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['lookup', () => cache.lookup('key')],
    ['put', () => cache.put('key', 1)],
  ])('%s throws the typed error', async (_name, call) => {
    expect(await settled(call())).toMatchObject({ status: 'rejected', reason: refused });
  });

  it('the failure is recorded', async () => {
    await valueOf(cache.set('key', 1));
    expect(recorded.of('cache.set failure')).toEqual(['cache.set failure ECONNREFUSED']);
  });

  it('mistakes of the caller throw as ever', async () => {
    expect(await settled(cache.set('', 1))).toMatchObject({
      reason: { code: 'CACHE_KEY_INVALID' },
    });
  });
});

describe('cache rule 2: getOrSet', () => {
  it('gives the value of the factory when reading and writing fail', async () => {
    store.faults.stage('get', { error: refused }).stage('set', { error: refused });
    expect(await valueOf(cache.getOrSet('key', () => 'value'))).toBe('value');
    expect(recorded.of('cache.getOrSet failure')).toHaveLength(1);
    expect(recorded.of('cache.store failure')).toHaveLength(1);
  });

  it('gives it also when the store fails in a way nobody knows', async () => {
    const defect = new TypeError('x is not a function');
    store.faults.stage('get', { error: defect }).stage('set', { error: defect });
    expect(await valueOf(cache.getOrSet('key', () => 'value'))).toBe('value');
    expect(await valueOf(cache.getOrSetMany(['key'], () => [['key', 1]]))).toEqual([1]);
  });

  it('rethrows the error of the factory unchanged when the store is down too', async () => {
    store.faults.stage('get', { error: refused });
    const error = new Error('no such user');
    const result = await settled(cache.getOrSet('key', () => Promise.reject(error)));
    expect(result).toMatchObject({ status: 'rejected', reason: error });
  });

  it('throws an unknown error of the store where no factory helps', async () => {
    const defect = new TypeError('x is not a function');
    store.faults.stage('get', { error: defect });
    expect(await settled(cache.get('key'))).toMatchObject({ status: 'rejected', reason: defect });
  });
});

describe('cache rule 1: while the store hangs', () => {
  it('reads and writes end at the hard timeout, a load after one for each', async () => {
    store.isHung = true;
    const plain = Promise.all([cache.get('key'), cache.set('key', 1)]);
    const loaded = cache.getOrSet('key', () => 'value');
    await clock.advance(500);
    expect(await plain).toEqual([null, false]);
    await clock.advance(500);
    expect(await loaded).toBe('value');
  });
});

describe('cache rule 10: a delete that failed', () => {
  it('fences the load all the same', async () => {
    let open: (value: string) => void = () => undefined;
    const loading = cache.getOrSet('key', () => new Promise<string>((resolve) => (open = resolve)));
    await clock.settle();
    store.faults.stage('delete', { error: refused });
    expect(await valueOf(cache.delete('key'))).toBe(false);
    open('old');
    expect(await loading).toBe('old');
    expect(await cache.get('key')).toBeNull();
  });
});

describe('cache rule 15: single flight over a store that answers later', () => {
  it('calls the factory once for 100 concurrent misses', async () => {
    const factory = vi.fn(async () => 1);
    await Promise.all(Array.from({ length: 100 }, () => cache.getOrSet('key', factory)));
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('calls it once also when a read began before the flight landed and ends after it', async () => {
    const factory = vi.fn(() => 1);
    const first = cache.getOrSet('key', factory);
    let answer: () => void = () => undefined;
    store.delay = new Promise((resolve) => (answer = resolve));
    const second = cache.getOrSet('key', factory);
    store.delay = undefined;
    expect(await first).toBe(1);
    answer();
    expect(await second).toBe(1);
    expect(factory).toHaveBeenCalledTimes(1);
  });
});

describe('cache rule 3: while there is no store', () => {
  it('nothing is acknowledged', async () => {
    const backend = {
      name: 'cache',
      config,
      clock,
      get store(): CacheStore {
        throw new CacheUnavailableError('cache');
      },
    };
    const closed = new CacheService(backend, new Operations(clock, recorded));
    expect(await closed.get('key')).toBeNull();
    expect(await closed.set('key', 1)).toBe(false);
    expect(await closed.delete('key')).toBe(false);
    expect(await closed.invalidateTags('t')).toBe(false);
    expect(await closed.clear()).toBe(false);
    expect(await closed.getOrSet('key', () => 'value')).toBe('value');
    await expect(closed.lookup('key')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  });
});
