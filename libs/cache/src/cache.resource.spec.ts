import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cacheConfigOf } from '../test/cache-config.js';
import type { CacheConfig } from './cache.config.js';
import { CacheResource } from './cache.resource.js';
import { MemoryStore } from './stores/memory-store.js';

const { signal } = new AbortController();

function resourceWith(config: Partial<CacheConfig> = {}, instance?: string): CacheResource {
  const complete = cacheConfigOf({
    maxEntries: 2,
    boot: 'required',
    criticality: 'critical',
    ...config,
  });
  return new CacheResource(complete, new FakeClock(), {}, instance);
}

async function initialize(resource: CacheResource): Promise<void> {
  for (const step of resource.initializationSteps()) await step.run(signal);
}

afterEach(() => vi.restoreAllMocks());

describe('CacheResource', () => {
  it('has the steps of the data flow, by their names and in their order', () => {
    expect(
      resourceWith()
        .initializationSteps()
        .map(({ name }) => name),
    ).toEqual([
      'validate config',
      'test connection',
      'create connection',
      'set options',
      'test operations',
    ]);
  });

  it('takes its name from the instance, boot and criticality from the configuration', () => {
    expect(resourceWith()).toMatchObject({
      name: 'cache',
      boot: 'required',
      criticality: 'critical',
      startedBy: 'module',
    });
    expect(resourceWith({}, 'sessions').name).toBe('cache:sessions');
  });

  it('says which database system it talks to: Redis, or none', () => {
    expect(resourceWith({ url: 'redis://127.0.0.1:1' }).system).toBe('redis');
    expect(resourceWith().system).toBeUndefined();
  });

  it('has no store before it is initialised, nor after it is closed', async () => {
    const resource = resourceWith();
    expect(() => resource.store).toThrow(/cache is not open/);
    await initialize(resource);
    expect(resource.store).toBeInstanceOf(MemoryStore);
    await resource.close();
    expect(() => resource.store).toThrow(/cache is not open/);
  });

  it('bounds its store by the configuration', async () => {
    const resource = resourceWith({ maxEntries: 7 });
    await initialize(resource);
    expect((resource.store as MemoryStore).maxEntries).toBe(7);
  });

  it('may be initialised anew after a failed try', async () => {
    const resource = resourceWith();
    await initialize(resource);
    await resource.close();
    await initialize(resource);
    expect(await resource.probe(signal)).toMatchObject({
      capabilities: { read: true, write: true },
    });
  });

  it('is probed by a round trip, and says how full it is', async () => {
    const resource = resourceWith();
    await initialize(resource);
    const check = vi.spyOn(resource.store, 'check');
    expect(await resource.probe(signal)).toEqual({
      capabilities: { read: true, write: true },
      details: { entries: 0, maxEntries: 2 },
    });
    expect(check).toHaveBeenCalledOnce();
  });

  it('cannot be probed while it is closed', async () => {
    await expect(resourceWith().probe(signal)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  });

  it.each([
    [{ read: false, write: false }, /test of reading/],
    [{ read: true, write: false }, /test of writing/],
  ])('cache rule 6: fails "test operations" when the sentinel gives %j', async (check, message) => {
    const resource = resourceWith();
    await initialize(resource);
    vi.spyOn(resource.store, 'check').mockReturnValue(check);
    const step = resource.initializationSteps().find(({ name }) => name === 'test operations');
    await expect(Promise.resolve(step?.run(signal))).rejects.toThrow(message);
  });

  it('fails "test connection" when the engine does not work', () => {
    vi.spyOn(MemoryStore.prototype, 'check').mockReturnValue({ read: true, write: false });
    const [, step] = resourceWith().initializationSteps();
    expect(() => step?.run(signal)).toThrow(
      expect.objectContaining({ code: 'CACHE_SELF_TEST_FAILED' }) as Error,
    );
  });

  it('refuses what stands after "memory:", as a permanent error', () => {
    const [step] = resourceWith({ url: 'memory:?max=5' }).initializationSteps();
    expect(() => step?.run(signal)).toThrow(
      expect.objectContaining({
        code: 'CACHE_CONFIG_INVALID',
        classification: expect.objectContaining({ kind: 'permanent' }) as object,
      }) as Error,
    );
  });

  it('cache rule 17: tells in one line what does not fit together, once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const resource = resourceWith({
      ttl: 1_000,
      negativeTtl: 2_000,
      factorySoftTimeout: 20_000,
      lockWait: 60_000,
    });
    await initialize(resource);
    await initialize(resource);
    expect(warn.mock.calls).toEqual([
      [
        'cache: some options do not fit together: negativeTtl (2 s) is longer than ttl (1 s): null from a factory is remembered for ttl; factorySoftTimeout (20 s) is not less than factoryTimeout (10 s): a factory gets all its time, as with Infinity; lockWait (1 m) is longer than factoryTimeout (10 s), after which no load goes on: it is waited for that long.',
      ],
    ]);
    expect(resource.config).toMatchObject({ factorySoftTimeout: Infinity, lockWait: 10_000 });
  });

  it('cache rule 17: has nothing to tell of options that fit together', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await initialize(resourceWith());
    expect(warn).not.toHaveBeenCalled();
  });
});
