import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../../test/cache-config.js';
import { CacheService } from '../cache.service.js';
import { Invalidations } from '../invalidations.js';
import type { Invalidation } from '../invalidation.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../stores/cache-store.js';
import { MemoryStore } from '../stores/memory-store.js';
import type { SharedLink, SharedLinkListener, SharedStore } from '../tiers/shared-store.js';
import { TieredStore } from '../tiers/tiered-store.js';

const config = cacheConfigOf({ url: 'redis://fake' });

/** A shared store that counts what it is asked, and answers in another turn. */
class CountingStore implements SharedStore {
  readonly entries = new Map<string, CacheEntry>();
  readonly read: string[] = [];
  readonly written: string[] = [];

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    this.read.push(...keys);
    await clock.yield();
    return keys.map((key) => this.entries.get(key));
  }

  async setMany(entries: readonly KeyedEntry[]): Promise<readonly string[]> {
    this.written.push(...entries.map(([key]) => key));
    await clock.yield();
    for (const [key, entry] of entries) this.entries.set(key, entry);
    return [];
  }

  async invalidate(): Promise<void> {}

  async check(): Promise<StoreCheck> {
    return { read: true, write: true };
  }
}

class OpenLink implements SharedLink {
  readonly isUp = true;
  readonly silentSince = Infinity;
  trustedUntil = Infinity;
  listener: SharedLinkListener | undefined;

  listen(listener: SharedLinkListener): void {
    this.listener = listener;
  }
}

let clock: FakeClock;
let shared: CountingStore;
let link: OpenLink;
let cache: CacheService;

beforeEach(() => {
  clock = new FakeClock();
  shared = new CountingStore();
  link = new OpenLink();
  const invalidations = new Invalidations();
  let tell: (what: Invalidation) => void = () => undefined;
  const store = new TieredStore({
    name: 'cache',
    clock,
    memory: new MemoryStore(clock, config.maxEntries),
    shared,
    link,
    invalidations,
    onInvalidated: (what) => tell(what),
    maxWriteAgeMs: 60_000,
  });
  const whenInvalidated = (listener: typeof tell): void => void (tell = listener);
  const backend = { name: 'cache', config, clock, store, invalidations, hasFallback: true };
  cache = new CacheService(
    { ...backend, whenInvalidated },
    new Operations(clock, new RecordedCalls()),
  );
});

/** A factory that ends when the test says so. */
function gate(): { factory: () => Promise<string>; open: (value: string) => void } {
  let open: (value: string) => void = () => undefined;
  const opened = new Promise<string>((resolve) => (open = resolve));
  return { factory: vi.fn(() => opened), open: (value) => open(value) };
}

describe('cache rule 15: single flight over read and load', () => {
  it('is one read, one call of the factory and one write for 10,000 calls in one turn', async () => {
    const factory = vi.fn(async () => 'value');
    const calls = Array.from({ length: 10_000 }, () => cache.getOrSet('key', factory));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['value']));
    expect(factory).toHaveBeenCalledTimes(1);
    expect([shared.read, shared.written]).toEqual([['key'], ['key']]);
  });

  it('and for 10,000 that come while the key is read, loaded and written', async () => {
    const { factory, open } = gate();
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < 100; at++) {
      for (let call = 0; call < 50; call++) {
        calls.push(cache.getOrSet('key', factory));
        calls.push(
          cache.getOrSetMany(['key'], async (keys) => [[keys[0] as string, await factory()]]),
        );
      }
      await clock.yield();
      if (at === 50) open('value');
    }
    expect(new Set((await Promise.all(calls)).flat())).toEqual(new Set(['value']));
    expect(factory).toHaveBeenCalledTimes(1);
    expect([shared.read, shared.written]).toEqual([['key'], ['key']]);
  });

  it('of a key with a stale value is one too', async () => {
    await cache.getOrSet('key', () => 'old', { ttl: 1_000 });
    await clock.advance(1_200);
    shared.read.length = 0;
    const { factory, open } = gate();
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < 20; at++) {
      calls.push(cache.getOrSet('key', factory));
      await clock.yield();
    }
    open('new');
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['new']));
    expect(shared.read).toEqual(['key']);
  });

  it('asks the shared tier while it is not known that nothing was missed', async () => {
    const { factory, open } = gate();
    const loading = cache.getOrSet('key', factory);
    await clock.yield();
    await clock.yield();
    shared.entries.set('key', { ...(await entryOf('newer')), order: 0 });
    link.trustedUntil = -Infinity;
    expect(await cache.getOrSet('key', factory)).toBe('newer');
    open('value');
    expect(await loading).toBe('value');
  });

  it('cache rule 13: is not joined by who comes after something was missed', async () => {
    const { factory, open } = gate();
    const before = cache.getOrSet('key', factory);
    await clock.yield();
    await clock.yield();
    link.listener?.missed();
    expect(await cache.getOrSet('key', () => 'new')).toBe('new');
    open('old');
    expect(await before).toBe('old');
    expect(await cache.get('key')).toBe('new');
  });
});

/** An entry as it stands in the shared tier. */
async function entryOf(value: string): Promise<CacheEntry> {
  await cache.set('sample', value);
  return shared.entries.get('sample') as CacheEntry;
}
