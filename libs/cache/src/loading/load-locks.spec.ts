import { Logger } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import type { CacheConfig } from '../cache.config.js';
import { CacheService } from '../cache.service.js';
import type { LoadLock } from '../stores/load-lock.js';
import { MemoryStore } from '../stores/memory-store.js';

const config = cacheConfigOf({ lock: true });

/** A store of several instances, which can lock each other out. */
class LockingStore extends MemoryStore {
  readonly locks = new Map<string, symbol>();
  /** How often a lock was asked for. */
  asked = 0;
  lives: number[] = [];
  error: Error | undefined;

  async lock(key: string, lifeMs: number): Promise<LoadLock | undefined> {
    this.asked++;
    this.lives.push(lifeMs);
    if (this.error) throw this.error;
    if (this.locks.has(key)) return undefined;
    const token = Symbol(key);
    this.locks.set(key, token);
    const release = async (): Promise<void> => {
      if (this.locks.get(key) === token) this.locks.delete(key);
    };
    return { release };
  }
}

let clock: FakeClock;
let recorded: RecordedCalls;
let store: LockingStore;
let one: CacheService;
let other: CacheService;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  clock = new FakeClock();
  recorded = new RecordedCalls();
  store = new LockingStore(clock, config.maxEntries);
  [one, other] = [instance(), instance()];
});

function instance(own: Partial<CacheConfig> = {}): CacheService {
  const backend = { name: 'cache', config: { ...config, ...own }, clock, store };
  return new CacheService(backend, new Operations(clock, recorded));
}

/** A factory that takes its time, and may fail or give nothing. */
function taking<T>(ms: number, make: () => T): () => Promise<T> {
  return vi.fn(async () => {
    await clock.sleep(ms);
    return make();
  });
}

/** What a call came to, and when. */
function outcomeOf(call: Promise<unknown>): { readonly text: string } {
  const outcome = { text: 'pending' };
  call.then(
    (value) => (outcome.text = `${JSON.stringify(value)} at ${clock.now()}`),
    (error: Error) => (outcome.text = `${error.message} at ${clock.now()}`),
  );
  return outcome;
}

function calledTimes(...factories: (() => unknown)[]): number[] {
  return factories.map((factory) => vi.mocked(factory).mock.calls.length);
}

describe('cache rule 15: the lock of a load', () => {
  it('lets one instance call its factory; the others take what it makes', async () => {
    const [mine, theirs] = [taking(300, () => 'mine'), taking(300, () => 'theirs')];
    const calls = [
      outcomeOf(one.lookupOrSet('key', mine)),
      outcomeOf(other.lookupOrSet('key', theirs)),
    ];
    await clock.advance(350);
    expect(calls.map(({ text }) => text)).toEqual([
      '{"value":"mine","source":"factory","stale":false} at 300',
      '{"value":"mine","source":"l2","stale":false} at 300',
    ]);
    expect(calledTimes(mine, theirs)).toEqual([1, 0]);
    expect(store.locks.size).toBe(0);
  });

  it('is asked for once by all callers of an instance', async () => {
    const factory = taking(10, () => 1);
    const calls = Array.from({ length: 1_000 }, () => one.getOrSet('key', factory));
    await clock.advance(10);
    expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
    expect(store.asked).toBe(1);
  });

  it('outlives the factory by what it takes to store its value', async () => {
    await one.getOrSet('key', () => 1);
    expect(store.lives).toEqual([11_000]);
  });

  it('is held until the store has acknowledged the value', async () => {
    let acknowledge: () => void = () => undefined;
    const acknowledged = new Promise<void>((resolve) => (acknowledge = resolve));
    vi.spyOn(store, 'setLoaded').mockImplementation(() => acknowledged as never);
    const loading = one.getOrSet('key', () => 1);
    await clock.settle();
    expect(store.locks.size).toBe(1);
    acknowledge();
    expect(await loading).toBe(1);
    await clock.settle();
    expect(store.locks.size).toBe(0);
  });

  it('reads again first: who had it may have stored the value since', async () => {
    const factory = taking(0, () => 'late');
    const lock = vi.spyOn(store, 'lock').mockImplementationOnce(async (key, lifeMs) => {
      await other.set('key', 'just stored');
      return LockingStore.prototype.lock.call(store, key, lifeMs);
    });
    expect(await one.getOrSet('key', factory)).toBe('just stored');
    expect(calledTimes(factory)).toEqual([0]);
    expect(lock).toHaveBeenCalledTimes(1);
    await clock.settle();
    expect(store.locks.size).toBe(0);
  });

  it('is waited for no longer than lockWait: then the load goes on without it', async () => {
    // Its holder was killed.
    await store.lock('key', 11_000);
    const call = outcomeOf(one.getOrSet('key', () => 'value'));
    await clock.advance(1_999);
    expect(call.text).toBe('pending');
    await clock.advance(1);
    expect(call.text).toBe('"value" at 2000');
  });

  it('is not waited for where lockWait is 0', async () => {
    await store.lock('key', 11_000);
    expect(await instance({ lockWait: 0 }).getOrSet('key', () => 'value')).toBe('value');
  });

  it('that cannot be asked for holds nobody up, and is recorded as a failure', async () => {
    store.error = new Error('no lock');
    expect(await one.getOrSet('key', () => 'value')).toBe('value');
    expect(recorded.of('cache.lock ')).toContainEqual(expect.stringContaining('failure'));
  });

  it.each<[string, () => unknown]>([
    ['fails', () => Promise.reject(new Error('the source is down'))],
    ['gives nothing', () => undefined],
  ])('of a factory that %s is free at once: the next takes its turn', async (_name, make) => {
    const [first, second] = [taking(100, make), taking(100, () => 'value')];
    const calls = [one.getOrSet('key', first), other.getOrSet('key', second)].map(outcomeOf);
    await clock.advance(400);
    expect(calledTimes(first, second)).toEqual([1, 1]);
    expect(calls[1]?.text).toMatch(/^"value" at (2\d\d|1[5-9]\d)$/);
  });

  it('of a factory that skips is free at once: the next takes its turn', async () => {
    const skips = vi.fn(async ({ skip }: { skip: () => void }) => {
      await clock.sleep(100);
      skip();
      return 'own';
    });
    const calls = [one.getOrSet('key', skips), other.getOrSet('key', skips)].map(outcomeOf);
    await clock.advance(400);
    expect(skips).toHaveBeenCalledTimes(2);
    expect(calls.map(({ text }) => text)).toEqual(['"own" at 100', expect.stringMatching(/"own"/)]);
  });

  it.each<[string, () => unknown]>([
    ['a delete', () => one.delete('key')],
    ['a clear', () => one.clear()],
    ['a tag', () => one.invalidateTags('tag')],
  ])(
    'cache rule 10: is free after %s: nobody waits for what is not stored',
    async (_name, happens) => {
      const before = outcomeOf(
        one.getOrSet(
          'key',
          taking(1_000, () => 'old'),
        ),
      );
      await clock.advance(100);
      await happens();
      const after = outcomeOf(
        one.getOrSet(
          'key',
          taking(100, () => 'new'),
          { tags: ['tag'] },
        ),
      );
      await clock.advance(100);
      expect(after.text).toBe('"new" at 200');
      await clock.advance(1_000);
      expect(before.text).toBe('"old" at 1000');
      expect(await one.get('key')).toBe('new');
      expect(store.locks.size).toBe(0);
    },
  );

  it('cache rule 10: is not held by a load that was fenced while it waited for it', async () => {
    const others = await store.lock('key', 11_000);
    const before = outcomeOf(
      one.getOrSet(
        'key',
        taking(1_000, () => 'old'),
      ),
    );
    await clock.advance(10);
    await one.delete('key');
    await others?.release();
    await clock.advance(100);
    expect(store.locks.size).toBe(0);
    await clock.advance(1_000);
    expect(before.text).toMatch(/^"old" at/);
    expect(await one.get('key')).toBeNull();
  });

  it('cache rule 16: is not what those wait for that have a stale value', async () => {
    await one.getOrSet('key', () => 'old', { ttl: 1_000 });
    await clock.advance(1_200);
    await store.lock('key', 11_000);
    const call = outcomeOf(other.getOrSet('key', () => 'new', { factorySoftTimeout: 100 }));
    await clock.advance(100);
    expect(call.text).toBe('"old" at 1300');
  });

  it('is what the call says', async () => {
    await instance({ lock: false }).getOrSet('key', () => 1);
    await one.getOrSet('other', () => 1, { lock: false });
    expect(store.asked).toBe(0);
    await instance({ lock: false }).getOrSet('third', () => 1, { lock: true });
    expect(store.asked).toBe(1);
  });

  it('of several keys is all or none, and what others have loaded is not loaded again', async () => {
    const mine = taking(100, () => 'mine');
    const single = outcomeOf(one.getOrSet('b', mine));
    const batch = vi.fn(async (keys: readonly string[]) => keys.map((key) => [key, key] as const));
    const several = outcomeOf(other.getOrSetMany(['a', 'b', 'c'], batch));
    await clock.settle();
    expect([...store.locks.keys()]).toEqual(['b']);
    await clock.advance(200);
    expect(single.text).toBe('"mine" at 100');
    expect(several.text).toBe('["a","mine","c"] at 100');
    expect(batch.mock.calls.map(([keys]) => keys)).toEqual([['a', 'c']]);
    expect(store.locks.size).toBe(0);
  });

  it('is none in the memory of one process', async () => {
    const memory = new MemoryStore(clock, 10);
    const operations = new Operations(clock, recorded);
    const cache = new CacheService({ name: 'cache', config, clock, store: memory }, operations);
    expect(await cache.getOrSet('key', () => 1)).toBe(1);
    expect(recorded.of('cache.lock ')).toEqual([]);
  });

  it('cache rule 20: leaves every call one attempt and one outcome', async () => {
    const calls = [one, other].map((cache) =>
      cache.getOrSet(
        'key',
        taking(10, () => 1),
      ),
    );
    await clock.advance(100);
    await Promise.all(calls);
    const callsOf = (operation: string): readonly string[] =>
      recorded.of(`${operation} `).filter((call) => !call.includes(' try '));
    expect(callsOf('cache.getOrSet').toSorted()).toEqual([
      'cache.getOrSet attempt',
      'cache.getOrSet attempt',
      'cache.getOrSet miss',
      'cache.getOrSet miss',
    ]);
    expect(callsOf('cache.factory.load')).toEqual([
      'cache.factory.load attempt',
      'cache.factory.load success',
    ]);
  });
});
