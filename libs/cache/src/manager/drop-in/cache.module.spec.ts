import { Inject, Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Keyv } from 'keyv';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { afterEach, describe, expect, it } from 'vitest';
import { CacheModule as MainCacheModule } from '../../cache.module.js';
import { CacheService } from '../../cache.service.js';
import { Cache, CACHE_MANAGER } from '../cache-manager-token.js';
import { CacheModule } from './cache.module.js';

@Injectable()
class Orders {
  constructor(@Inject(CACHE_MANAGER) readonly cache: Cache) {}
}

@Injectable()
class Users {
  constructor(
    readonly cache: Cache,
    readonly service: CacheService,
  ) {}
}

@Module({ imports: [CacheModule.register({ namespace: 'orders' })], providers: [Orders] })
class OrdersModule {}

@Module({ imports: [CacheModule.register()], providers: [Users] })
class UsersModule {}

describe('cache rule 22: CacheModule.register', () => {
  let module: TestingModule | undefined;
  afterEach(() => module?.close());

  async function start(...imports: NonNullable<Parameters<typeof Module>[0]['imports']>) {
    module = await Test.createTestingModule({ imports }).compile();
    await module.init();
    return module;
  }

  it('gives several modules managers of their own over one cache', async () => {
    const app = await start(OrdersModule, UsersModule);
    const [orders, users] = [app.get(Orders).cache, app.get(Users).cache];
    expect(orders).not.toBe(users);
    const registered = app.get(ResourceRegistry, { strict: false }).all();
    expect(registered.map(({ name, phase }) => [name, phase])).toEqual([['cache', 'ready']]);
    await users.set('1', 'a user');
    expect(await app.get(Users).service.get('1')).toBe('a user');
  });

  it('keeps namespaces apart, in every method that takes a key', async () => {
    const app = await start(OrdersModule, UsersModule);
    const [orders, users] = [app.get(Orders).cache, app.get(Users).cache];
    await users.set('1', 'a user');
    expect(await orders.get('1')).toBeUndefined();
    expect(await orders.ttl('1')).toBeUndefined();
    expect(await orders.wrap('1', () => 'an order')).toBe('an order');
    expect(await users.mget(['1', 'orders:1'])).toEqual(['a user', 'an order']);
    expect(await orders.mget(['1'])).toEqual(['an order']);
    expect(await orders.ttl('1')).toEqual(expect.any(Number));
    await orders.mset([{ key: '2', value: 'another' }]);
    await orders.mdel(['1', '2']);
    expect(await users.mget(['1', 'orders:1', 'orders:2'])).toEqual([
      'a user',
      undefined,
      undefined,
    ]);
  });

  it('takes a TTL as cache-manager means it: 0 is for ever', async () => {
    const app = await start(CacheModule.register({ ttl: 0, cacheId: 'mine' }));
    const cache = app.get(Cache);
    await cache.set('set', 1);
    await cache.wrap('wrapped', () => 1);
    expect([await cache.ttl('set'), await cache.ttl('wrapped')]).toEqual([undefined, undefined]);
    const service = app.get(CacheService);
    for (const key of ['set', 'wrapped']) {
      expect(await service.lookup(key)).toMatchObject({ hit: true, ttl: Infinity });
    }
    expect(cache.cacheId()).toBe('mine');
  });

  it('refuses a TTL that is none when it is configured', async () => {
    const built = Test.createTestingModule({ imports: [CacheModule.register({ ttl: -1 })] });
    await expect(built.compile()).rejects.toMatchObject({ code: 'CACHE_TTL_INVALID' });
  });

  it('cache rule 22: takes the last of several stores for what instances share', async () => {
    const [memory, shared] = [new Keyv(), new Keyv()];
    const [app, other] = await Promise.all(
      [1, 2].map(() => start(CacheModule.register({ stores: [memory, shared], ttl: 60_000 }))),
    );
    await app?.get(Cache).set('key', { at: new Date(0) });
    expect(await other?.get(Cache).get('key')).toStrictEqual({ at: new Date(0) });
    expect([await memory.iterator?.({}).next(), app?.get(Cache).stores.length]).toMatchObject([
      { done: true },
      1,
    ]);
    await app?.close();
  });

  it.each([
    ['a Keyv', (store: Keyv) => store],
    ['an adapter', (store: Keyv) => store.store as Map<string, string>],
    ['a Cacheable with two', (secondary: Keyv) => ({ primary: new Keyv(), secondary })],
    ['a Cacheable with one', (primary: Keyv) => ({ primary })],
  ])('cache rule 22: takes %s for the store', async (_what, storesOf) => {
    const store = new Keyv();
    const app = await start(
      CacheModule.registerAsync({ useFactory: () => ({ stores: storesOf(store) }) }),
    );
    await app.get(Cache).set('key', 1);
    const names = [...(store.store as Map<string, string>).keys()];
    expect(names.some((name) => name.endsWith(':e:key'))).toBe(true);
  });

  it('keeps caches on several stores apart', async () => {
    @Injectable()
    class Sessions {
      constructor(@Inject(CACHE_MANAGER) readonly cache: Cache) {}
    }
    @Module({ imports: [CacheModule.register({ stores: new Keyv() })], providers: [Sessions] })
    class SessionsModule {}
    const app = await start(UsersModule, SessionsModule);
    await app.get(Sessions).cache.set('1', 'a session');
    expect(await app.get(Users).cache.get('1')).toBeUndefined();
    const registered = app.get(ResourceRegistry, { strict: false }).all();
    expect(registered.map(({ name }) => name)).toEqual(['cache', 'cache:2']);
  });

  it('is refused beside CacheModule.forRoot, which has a manager already', async () => {
    const imports = [MainCacheModule.forRoot(), CacheModule.register()];
    const built = Test.createTestingModule({ imports });
    await expect(built.compile()).rejects.toMatchObject({ code: 'RESOURCE_DUPLICATE' });
  });
});
