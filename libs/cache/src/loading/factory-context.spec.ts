import { Logger } from '@nestjs/common';
import { FakeCache } from 'nestjs-mainstay/testing/cache';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CacheFactoryContext, CacheLoadContext, CacheLoadOptions } from '../cache.options.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';

/** A factory as each mode gives it its context: with one stale value. */
type Factory = (context: CacheFactoryContext) => Promise<string>;
type Mode = (factory: Factory, options?: CacheLoadOptions) => Promise<unknown>;

let cache: FakeCache;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  cache = new FakeCache();
});

/** As a method of a provider into which the cache was injected. */
function callMethod(factory: Factory, options: CacheLoadOptions = {}): Promise<string> {
  class Provider {
    @Cacheable({ ...options, tags: [], key: (key: string) => key, context: true })
    load(_key: string, context?: CacheFactoryContext): Promise<string> {
      if (context === undefined) throw new Error('There is no context.');
      return factory(context);
    }
  }
  const provider = new Provider();
  Object.assign(provider, { [Symbol.for('nestjs-mainstay.decorated-cache:')]: cache });
  return provider.load('key');
}

/** As one of two keys that are loaded together. */
async function loadTogether(factory: Factory, options?: CacheLoadOptions): Promise<unknown> {
  const batch = async (
    keys: readonly string[],
    context: CacheLoadContext & { readonly stale: ReadonlyMap<string, unknown> },
  ): Promise<[string, string][]> => {
    const { setTtl, setTags, skip } = context;
    const own: CacheFactoryContext = {
      get signal() {
        return context.signal;
      },
      stale: context.stale.get('key'),
      setTtl,
      setTags,
      skip,
    };
    const value = await factory(own);
    return keys.map((key) => [key, value]);
  };
  return (await cache.getOrSetMany(['key', 'other'], batch, options))[0];
}

const MODES: readonly (readonly [string, Mode])[] = [
  ['getOrSet', (factory, options) => cache.getOrSet('key', factory, options)],
  [
    'lookupOrSet',
    async (factory, options) => (await cache.lookupOrSet('key', factory, options)).value,
  ],
  ['getOrSetMany', loadTogether],
  ['@Cacheable', callMethod],
  ['getOrSet with the lock', (factory) => cache.getOrSet('key', factory, { lock: true })],
];

describe.each(MODES)('cache rule 16: the context of a factory, in %s', (_name, load) => {
  it('has a signal that aborts when its time is over', async () => {
    let signal: AbortSignal | undefined;
    const loading = load(({ signal: own }) => {
      signal = own;
      return new Promise(() => undefined);
    });
    const failed = expect(loading).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
    await cache.clock.advance(9_999);
    expect(signal?.aborted).toBe(false);
    await cache.clock.advance(1);
    await failed;
    expect(signal?.aborted).toBe(true);
  });

  it('has the stale value', async () => {
    expect(await load(async ({ stale }) => `was ${String(stale)}`)).toBe('was undefined');
    await cache.expire('key');
    expect(await load(async ({ stale }) => `was ${String(stale)}`)).toBe('was was undefined');
  });

  it('decides the TTL', async () => {
    await load(async ({ setTtl }) => {
      setTtl('1m');
      return 'value';
    });
    await cache.clock.advance(59_000);
    expect(await cache.get('key')).toBe('value');
    await cache.clock.advance(10_000);
    expect(await cache.get('key')).toBeNull();
  });

  it('decides the tags', async () => {
    await load(async ({ setTags }) => {
      setTags('tag');
      return 'value';
    });
    expect(await cache.get('key')).toBe('value');
    await cache.invalidateTags('tag');
    expect(await cache.get('key')).toBeNull();
  });

  it('decides that nothing is stored', async () => {
    const skips: Factory = async ({ skip }) => {
      skip();
      return 'value';
    };
    expect(await load(skips)).toBe('value');
    expect(await cache.get('key')).toBeNull();
  });

  it('decides also when the stale value was given meanwhile', async () => {
    await load(async () => 'old');
    await cache.expire('key');
    const loading = load(async ({ setTtl, stale }) => {
      await cache.clock.sleep(2_000);
      setTtl('1m');
      return `${stale as string}, and new`;
    });
    await cache.clock.advance(1_000);
    expect(await loading).toBe('old');
    await cache.clock.advance(1_000);
    expect(await cache.get('key')).toBe('old, and new');
    await cache.clock.advance(70_000);
    expect(await cache.get('key')).toBeNull();
  });
});

describe('cache rule 16: the context of an eager refresh', () => {
  const refresh = async (factory: Factory): Promise<void> => {
    await cache.getOrSet('key', () => 'old', { ttl: 10_000 });
    await cache.clock.advance(8_900);
    expect(await cache.getOrSet('key', factory, { eagerRefresh: 0.8 })).toBe('old');
    await cache.clock.settle();
  };

  it('decides the TTL, and the tags', async () => {
    await refresh(async ({ setTtl, setTags }) => {
      setTtl('1m');
      setTags('tag');
      return 'new';
    });
    await cache.clock.advance(50_000);
    expect(await cache.get('key')).toBe('new');
    await cache.invalidateTags('tag');
    expect(await cache.get('key')).toBeNull();
  });

  it('decides that nothing is stored: the value stays', async () => {
    await refresh(async ({ skip }) => {
      skip();
      return 'new';
    });
    expect(await cache.get('key')).toBe('old');
  });
});
