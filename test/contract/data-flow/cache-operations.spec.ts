import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CacheModule, CacheService, MemoryStore } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { FakeClock, RecordedCalls, StagedFaults } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

/** App → Cache: get, set; Cache → Status: recordAttempt, then recordHit | recordMiss, recordSuccess | recordFailure */
describe('Cache Operations', () => {
  const recorded = new RecordedCalls();
  const faults = new StagedFaults();
  let clock: FakeClock;
  let cache: CacheService;
  let close: () => Promise<void>;

  beforeEach(async () => {
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    strike('get');
    // What is known at once needs no retry: here everything has to be asked for.
    vi.spyOn(MemoryStore.prototype, 'getFresh').mockReturnValue(undefined);
    strike('set');
    clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [recorded.asModule(), CacheModule.forRoot({ config: { url: 'memory:' } })],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    cache = module.get(CacheService);
    close = () => module.close();
    recorded.clear();
  });
  afterEach(async () => {
    faults.clear();
    await close();
    vi.restoreAllMocks();
  });

  /** A staged fault strikes whoever calls the method of the store. */
  function strike(method: 'get' | 'set'): void {
    const original = MemoryStore.prototype[method] as (...args: unknown[]) => unknown;
    const stricken = function (this: MemoryStore, ...args: unknown[]): unknown {
      faults.strike(method);
      return original.apply(this, args);
    };
    vi.spyOn(MemoryStore.prototype, method).mockImplementation(stricken);
  }

  /** Without the tries, which the sequence of the document does not have. */
  function calls(): string[] {
    return recorded.calls.filter((call) => !call.includes(' try '));
  }

  it('get, Hit: the value', async () => {
    await cache.set('user:1', { name: 'Ada' });
    recorded.clear();
    expect(await cache.get('user:1')).toEqual({ name: 'Ada' });
    expect(calls()).toEqual(['cache.get attempt', 'cache.get hit']);
  });

  it('get, Miss: null', async () => {
    expect(await cache.get('user:1')).toBeNull();
    expect(calls()).toEqual(['cache.get attempt', 'cache.get miss']);
  });

  it('get, and the cache is down: null, recorded as what it is', async () => {
    faults.stage('get', { error: REFUSED });
    const result = cache.get('user:1');
    await clock.advance(1_000);
    expect(await result).toBeNull();
    expect(calls()).toEqual([
      'cache.get attempt',
      'cache.get outcome retry-failed after 3',
      'cache.get failure ECONNREFUSED',
    ]);
  });

  it('get, and a retry helps: the value', async () => {
    await cache.set('user:1', 'Ada');
    recorded.clear();
    faults.stage('get', { error: REFUSED, times: 1 });
    const result = cache.get('user:1');
    await clock.advance(1_000);
    expect(await result).toBe('Ada');
    expect(calls()).toEqual([
      'cache.get attempt',
      'cache.get outcome recovered after 2',
      'cache.get hit',
    ]);
  });

  it('set, Success: true', async () => {
    expect(await cache.set('user:1', 'Ada')).toBe(true);
    expect(calls()).toEqual(['cache.set attempt', 'cache.set success']);
  });

  it('set, Failure: false', async () => {
    faults.stage('set', { error: REFUSED });
    const result = cache.set('user:1', 'Ada');
    await clock.advance(1_000);
    expect(await result).toBe(false);
    expect(calls()).toEqual([
      'cache.set attempt',
      'cache.set outcome retry-failed after 3',
      'cache.set failure ECONNREFUSED',
    ]);
  });

  it("set, a caller's mistake: thrown, and recorded", async () => {
    await expect(cache.set('', 'Ada')).rejects.toMatchObject({ name: 'InvalidCacheKeyError' });
    expect(calls()[0]).toBe('cache.set attempt');
    expect(calls().at(-1)).toMatch(/^cache\.set failure /);
  });
});
