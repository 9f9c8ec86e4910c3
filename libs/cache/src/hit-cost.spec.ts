import { createHook } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { OPERATION_CHANNEL, Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CacheConfig } from './cache.config.js';
import { CacheService } from './cache.service.js';
import { Invalidations } from './invalidations.js';
import type { CacheStore } from './stores/cache-store.js';
import { MemoryStore } from './stores/memory-store.js';
import type { SharedLink, SharedStore } from './tiers/shared-store.js';
import { TieredStore } from './tiers/tiered-store.js';

const config = {
  ttl: 300_000,
  negativeTtl: 30_000,
  grace: 0,
  graceBackoff: 0,
  factorySoftTimeout: Infinity,
  factoryTimeout: 10_000,
  eagerRefresh: false,
} as CacheConfig;

class CountingClock extends FakeClock {
  readings = 0;

  override now(): number {
    this.readings++;
    return super.now();
  }
}

/** Takes what it is given and has nothing. */
const empty: SharedStore = {
  getMany: async (keys) => keys.map(() => undefined),
  setMany: async () => [],
  invalidate: async () => undefined,
  check: async () => ({ read: true, write: true }),
};
const trusted: SharedLink = {
  isUp: true,
  silentSince: Infinity,
  trustedUntil: Infinity,
  listen: () => undefined,
};

type CreateStore = (clock: FakeClock, invalidations: Invalidations) => CacheStore;
const stores: readonly (readonly [string, CreateStore])[] = [
  ['in the memory of the process', (clock) => new MemoryStore(clock)],
  [
    'in a trusted copy of what Redis has',
    (clock, invalidations) => {
      const memory = new MemoryStore(clock);
      const tiers = { shared: empty, link: trusted, memory, invalidations };
      return new TieredStore({ name: 'cache', clock, maxWriteAgeMs: 60_000, ...tiers });
    },
  ],
];

describe.each(stores)('cache rule 20: a hit %s', (_where, createStore) => {
  let clock: CountingClock;
  let recorded: RecordedCalls;
  let cache: CacheService;
  let promises = 0;
  const hook = createHook({ init: (_id, type) => (promises += type === 'PROMISE' ? 1 : 0) });

  beforeEach(async () => {
    clock = new CountingClock();
    recorded = new RecordedCalls();
    const invalidations = new Invalidations();
    const store = createStore(clock, invalidations);
    const backend = { name: 'cache', config, clock, store, invalidations };
    cache = new CacheService(backend, new Operations(clock, recorded));
    await cache.set('key', { id: 1 }, { tags: ['tag'] });
    await cache.getOrSet('key', unexpected);
  });
  afterEach(() => hook.disable());

  function unexpected(): never {
    throw new Error('A hit has called its factory.');
  }

  const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['getOrSet', () => cache.getOrSet('key', unexpected)],
    ['getOrSet with options', () => cache.getOrSet('key', unexpected, { ttl: '5m', tags: ['a'] })],
    ['get', () => cache.get('key')],
  ];

  it.each(reads)('of %s reads the clock once, to see whether it is fresh', async (_name, read) => {
    clock.readings = 0;
    expect(await read()).toEqual({ id: 1 });
    expect(clock.readings).toBe(1);
  });

  it.each(reads)('of %s makes the one promise that its caller gets', async (_name, read) => {
    promises = 0;
    hook.enable();
    const hit = read();
    hook.disable();
    expect(promises).toBe(1);
    expect(await hit).toEqual({ id: 1 });
  });

  it('is recorded each time, as one attempt and one hit', async () => {
    recorded.clear();
    for (let call = 0; call < 100; call++) await cache.getOrSet('key', unexpected);
    const pairs = Array.from({ length: 100 }, () => [
      'cache.getOrSet attempt',
      'cache.getOrSet hit',
    ]).flat();
    expect(recorded.calls.filter((call) => !call.includes(' try '))).toEqual(pairs);
  });

  it('is one too where somebody watches each call, recorded the same way', async () => {
    const watched = vi.fn<() => void>();
    const name = `tracing:${OPERATION_CHANNEL}:start`;
    subscribe(name, watched);
    onTestFinished(() => void unsubscribe(name, watched));
    recorded.clear();
    expect(await cache.getOrSet('key', unexpected)).toEqual({ id: 1 });
    expect(recorded.of('cache.getOrSet').at(-1)).toBe('cache.getOrSet hit');
    expect(watched).toHaveBeenCalledOnce();
  });

  it('rejects what is no key and no option, and never throws', async () => {
    const rejected = [
      cache.getOrSet('', unexpected),
      cache.getOrSet('key', unexpected, { ttl: 'banana' }),
      cache.getOrSet('key', unexpected, { tags: [''] }),
    ];
    const codes = (await Promise.allSettled(rejected)).map(
      (settled) => (settled as { reason?: { code: string } }).reason?.code,
    );
    expect(codes).toEqual(['CACHE_KEY_INVALID', 'CACHE_TTL_INVALID', 'CACHE_TAG_INVALID']);
  });
});
