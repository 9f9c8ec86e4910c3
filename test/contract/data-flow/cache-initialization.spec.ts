import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CacheModule, CacheService, MemoryStore, type CacheConfig } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { ResourceRegistry, type ResourceEntry } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

/**
 * Cache Config → Validate Config → Test Connection → Initialize Cache → Create Connection → Set Options → Test Operations
 * → Success → Record Status | Failure → Log Error → Retry/Fallback
 */
describe('Cache Initialization', () => {
  let clock: FakeClock;
  let recorded: RecordedCalls;
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;
  let module: TestingModule | undefined;

  beforeEach(() => {
    clock = new FakeClock();
    recorded = new RecordedCalls();
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await module?.close();
    module = undefined;
    vi.restoreAllMocks();
  });

  function compile(config: Partial<CacheConfig> = {}): Promise<TestingModule> {
    return Test.createTestingModule({
      imports: [
        recorded.asModule(),
        CacheModule.forRoot({ config: { url: 'memory:', ...config } }),
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
  }

  /** Lets the store of the connection fail its first tests; the throw-away one of `test connection` works. */
  function failTestOperations(times: number): void {
    const { check } = MemoryStore.prototype;
    let left = times;
    vi.spyOn(MemoryStore.prototype, 'check').mockImplementation(function (this: MemoryStore) {
      const isConnection = recorded.calls.at(-1)?.endsWith('set options passed');
      if (isConnection && left-- > 0) throw REFUSED;
      return check.call(this);
    });
  }

  const entry = (): ResourceEntry | undefined =>
    module?.get(ResourceRegistry, { strict: false }).get('cache');

  it('Success: every step passes in order, the status is recorded', async () => {
    module = await compile();
    expect(recorded.calls).toEqual([
      'cache step: validate config passed',
      'cache step: test connection passed',
      'cache step: create connection passed',
      'cache step: set options passed',
      'cache step: test operations passed',
      'cache initialization succeeded',
    ]);
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 1 });
    expect(await module.get(CacheService).set('key', 'value')).toBe(true);
  });

  it('Failure: the error is logged, the application starts on the fallback, a retry succeeds', async () => {
    failTestOperations(1);
    module = await compile();
    const cache = module.get(CacheService);
    expect(entry()).toMatchObject({ phase: 'failed', lastError: 'connect' });
    expect(logged).toHaveBeenCalledTimes(1);
    expect(logged).toHaveBeenCalledWith(
      expect.stringContaining('cache: step "test operations" failed: connect. Check that'),
    );
    await clock.settle();
    const found = cache.get('key');
    const written = cache.set('key', 'value');
    await clock.advance(200);
    expect(await found).toBeNull();
    expect(await written).toBe(false);
    expect(recorded.of('cache ').slice(-2)).toEqual([
      'cache step: test operations failed ECONNREFUSED',
      'cache initialization failed',
    ]);
    await clock.advance(1_000);
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 2, lastError: undefined });
    expect(recorded.of('cache ').slice(-6)).toEqual([
      'cache step: validate config passed',
      'cache step: test connection passed',
      'cache step: create connection passed',
      'cache step: set options passed',
      'cache step: test operations passed',
      'cache initialization succeeded',
    ]);
    expect(await cache.set('key', 'value')).toBe(true);
  });

  it('Failure, and the cache is required: retried, then the application starts with it', async () => {
    failTestOperations(2);
    const compiling = compile({ boot: 'required' });
    await clock.advance(2_000);
    module = await compiling;
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 3 });
    expect(logged).toHaveBeenCalledTimes(1);
  });

  it('Failure, and the cache is required and does not come: the application does not start', async () => {
    failTestOperations(Infinity);
    const compiling = expect(compile({ boot: 'required' })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      context: { resource: 'cache', step: 'test operations' },
    });
    await clock.advance(25_000);
    await compiling;
  });

  it('Validate Config fails: the application does not start, whatever the policy', async () => {
    await expect(compile({ url: 'memory:junk' })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      context: { resource: 'cache', step: 'validate config' },
    });
    expect(recorded.calls).toEqual([
      expect.stringMatching(/^cache step: validate config failed /),
      'cache initialization failed',
    ]);
    expect(clock.now()).toBe(0);
  });
});
