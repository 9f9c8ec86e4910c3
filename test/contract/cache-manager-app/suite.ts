import { Cache, CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { ArticlesModule } from './articles.module.js';
import {
  GlobalSessionsModule,
  SessionsByClassModule,
  SessionsByFactoryModule,
  SessionsModule,
  SessionsService,
} from './sessions.module.js';

@Module({ imports: [CacheModule.register({ isGlobal: true, namespace: 'whole' })] })
class GlobalCacheModule {}

/** What an application written for `@nestjs/cache-manager` relies on. @param provider what stands behind that import */
export function describeCacheManagerApp(provider: string): void {
  describe(`an application written for @nestjs/cache-manager, on ${provider}`, () => {
    let app: INestApplication | undefined;
    afterEach(async () => {
      await app?.close();
      vi.unstubAllEnvs();
    });

    async function start(...modules: Type[]): Promise<INestApplication> {
      vi.stubEnv('CACHE_URL', 'memory:');
      const built = await Test.createTestingModule({ imports: modules }).compile();
      app = built.createNestApplication({ logger: false });
      await app.listen(0, '127.0.0.1');
      return app;
    }

    async function request(path: string, init?: RequestInit): Promise<Response> {
      return fetch(`${await app?.getUrl()}${path}`, init);
    }

    async function get(path: string, headers: Record<string, string> = {}): Promise<unknown> {
      return (await request(path, { headers })).json();
    }

    describe('the cache', () => {
      let cache: Cache;
      beforeEach(async () => {
        cache = (await start(GlobalCacheModule)).get<Cache>(CACHE_MANAGER);
      });

      it('is injected by its type as well', () => {
        expect(app?.get(Cache)).toBe(cache);
      });

      it('gives back what was set, and undefined for what was not', async () => {
        expect(await cache.set('a', { n: 1 })).toEqual({ n: 1 });
        expect(await cache.get('a')).toEqual({ n: 1 });
        expect(await cache.get('b')).toBeUndefined();
        expect(await cache.set('nothing', null)).toBeNull();
        expect(await cache.get('nothing')).toBeNull();
        for (const value of [0, '', false]) {
          await cache.set('falsy', value);
          expect(await cache.get('falsy')).toBe(value);
        }
      });

      it('works on several keys', async () => {
        const entries = [
          { key: 'a', value: 1 },
          { key: 'b', value: 2, ttl: 60_000 },
        ];
        expect((await cache.mset(entries)).map(({ key }) => key)).toEqual(['a', 'b']);
        expect(await cache.mget(['a', 'missing', 'b'])).toEqual([1, undefined, 2]);
        expect(await cache.mdel(['a', 'b'])).toBe(true);
        expect(await cache.mget(['a', 'b'])).toEqual([undefined, undefined]);
      });

      it('deletes and clears', async () => {
        await cache.mset([
          { key: 'a', value: 1 },
          { key: 'b', value: 2 },
        ]);
        expect(await cache.del('a')).toBe(true);
        expect(await cache.del('a')).toBe(true);
        expect(await cache.mget(['a', 'b'])).toEqual([undefined, 2]);
        expect(await cache.clear()).toBe(true);
        expect(await cache.get('b')).toBeUndefined();
      });

      it('keeps an entry for its TTL in milliseconds, and for ever for 0', async () => {
        await cache.set('brief', 1, 50);
        await cache.set('long', 1, 60_000);
        await cache.set('for ever', 1, 0);
        const left = ((await cache.ttl('long')) ?? 0) - Date.now();
        expect(left).toBeGreaterThan(50_000);
        expect(left).toBeLessThanOrEqual(60_010);
        expect(await cache.ttl('for ever')).toBeUndefined();
        expect(await cache.ttl('missing')).toBeUndefined();
        await eventually(async () => expect(await cache.get('brief')).toBeUndefined());
        expect(await cache.mget(['long', 'for ever'])).toEqual([1, 1]);
      });

      it('wraps a function, once for those who ask at the same time', async () => {
        const load = vi.fn(async () => ({ n: 1 }));
        const wrapped = Promise.all([cache.wrap('a', load), cache.wrap('a', load)]);
        expect(await wrapped).toEqual([{ n: 1 }, { n: 1 }]);
        expect(await cache.wrap('a', load)).toEqual({ n: 1 });
        expect(load).toHaveBeenCalledTimes(1);
        expect(await cache.get('a')).toEqual({ n: 1 });
      });

      it('wraps with a TTL, also one that is made from the value, and raw', async () => {
        await cache.wrap('number', () => 50, 50);
        await cache.wrap(
          'function',
          () => 50,
          (value) => value,
        );
        await cache.wrap('option', () => 50, { ttl: (value) => value });
        const raw = await cache.wrap('raw', () => 1, { ttl: 60_000, raw: true });
        expect(raw?.value).toBe(1);
        expect((raw?.expires ?? 0) - Date.now()).toBeGreaterThan(50_000);
        await eventually(async () =>
          expect(await cache.mget(['number', 'function', 'option'])).toEqual(
            Array.from({ length: 3 }),
          ),
        );
      });

      it('gives what is about to expire, and loads it anew', async () => {
        let loads = 0;
        const wrap = (): Promise<number> =>
          cache.wrap('a', () => ++loads, { ttl: 60_000, refreshThreshold: 60_001 });
        expect(await wrap()).toBe(1);
        expect(await wrap()).toBe(1);
        await eventually(async () => expect(await cache.get('a')).toBe(2));
        expect(await cache.wrap('a', () => ++loads, 60_000, 1)).toBe(2);
        expect(loads).toBe(2);
      });

      it('rethrows what a wrapped function throws, and stores nothing', async () => {
        const error = new Error('the source is away');
        await expect(cache.wrap('a', () => Promise.reject(error))).rejects.toBe(error);
        expect(await cache.wrap('a', () => 2)).toBe(2);
      });

      it('emits events until its listeners are taken off', async () => {
        const [onSet, onGet, onDel, onClear] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
        cache.on('set', onSet);
        cache.on('get', onGet);
        cache.on('del', onDel);
        cache.on('clear', onClear);
        await cache.set('a', 1);
        await cache.get('a');
        await cache.del('a');
        await cache.clear();
        expect(onSet).toHaveBeenCalledWith(expect.objectContaining({ key: 'a', value: 1 }));
        expect(onGet).toHaveBeenCalledWith(expect.objectContaining({ key: 'a', value: 1 }));
        expect(onDel).toHaveBeenCalledWith({ key: 'a' });
        expect(onClear).toHaveBeenCalledTimes(1);
        cache.off('del', onDel);
        await cache.del('a');
        expect(onDel).toHaveBeenCalledTimes(1);
      });

      it('tells its identity and its stores, and can be disconnected', async () => {
        expect(cache.cacheId()).toEqual(expect.any(String));
        expect(cache.stores).toHaveLength(1);
        await cache.stores[0]?.set('a', 1);
        expect(await cache.get('a')).toBe(1);
        expect(await cache.disconnect()).toBeUndefined();
      });
    });

    describe('the interceptor', () => {
      beforeEach(() => start(ArticlesModule));

      it('keeps a response under its URL, and says so', async () => {
        const first = await request('/articles/count/1');
        expect(first.headers.get('x-cache')).toBe('MISS');
        expect(await first.json()).toEqual({ id: '1', run: 1 });
        const second = await request('/articles/count/1');
        expect(second.headers.get('x-cache')).toBe('HIT');
        expect(second.status).toBe(200);
        expect(await second.json()).toEqual({ id: '1', run: 1 });
        expect(await get('/articles/count/2')).toEqual({ id: '2', run: 1 });
        expect(await get('/articles/count/1?page=2')).toEqual({ id: '1', run: 2 });
      });

      it('forgets a response whose URL is deleted from the cache', async () => {
        const cache = app?.get<Cache>(CACHE_MANAGER, { strict: false });
        await get('/articles/count/1');
        expect(await cache?.get('/articles/count/1')).toEqual({ id: '1', run: 1 });
        await cache?.del('/articles/count/1');
        expect(await get('/articles/count/1')).toEqual({ id: '1', run: 2 });
      });

      it('caches only what GET gives', async () => {
        for (const run of [1, 2]) {
          const response = await request('/articles/count', { method: 'POST' });
          expect(await response.json()).toEqual({ run });
        }
      });

      it('keeps a response under the key that @CacheKey says', async () => {
        expect([await get('/articles/top?a'), await get('/articles/top?b')]).toEqual([
          { run: 1 },
          { run: 1 },
        ]);
        const cache = app?.get<Cache>(CACHE_MANAGER, { strict: false });
        expect(await cache?.get('top-articles')).toEqual({ run: 1 });
      });

      it('keeps a response under the key that a function makes, or not at all', async () => {
        const by = (language: string): Promise<unknown> =>
          get('/articles/by-language', { 'accept-language': language });
        expect([await by('de'), await by('en'), await by('de')]).toEqual([
          { run: 1 },
          { run: 2 },
          { run: 1 },
        ]);
        expect([await get('/articles/uncached'), await get('/articles/uncached')]).toEqual([
          { run: 1 },
          { run: 2 },
        ]);
      });

      it('keeps a response for the TTL that @CacheTTL says', async () => {
        expect(await get('/articles/brief')).toEqual({ run: 1 });
        await eventually(async () => expect(await get('/articles/brief')).toEqual({ run: 2 }));
      });

      it('caches neither null nor a file', async () => {
        for (const run of [1, 2]) {
          await request('/articles/nothing');
          expect(await (await request('/articles/file')).text()).toBe(`run ${run}`);
        }
        expect(await get('/articles/runs/nothing')).toEqual({ runs: 2 });
      });

      it("asks the application's own trackBy and isRequestCacheable", async () => {
        expect(await get('/pages/public', { authorization: 'a' })).toEqual({ run: 1 });
        expect(await get('/pages/public', { authorization: 'b' })).toEqual({ run: 2 });
        expect(await get('/pages/public', { authorization: 'a' })).toEqual({ run: 1 });
        expect(await get('/pages/private')).toEqual({ run: 3 });
        expect(await get('/pages/private')).toEqual({ run: 4 });
      });
    });

    it('reads through wrap, and writes and deletes what it changes', async () => {
      await start(ArticlesModule);
      expect(await get('/articles/one/7')).toEqual({ id: '7', title: 'Article 7' });
      await request('/articles/one/7', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'New' }),
      });
      expect(await get('/articles/one/7')).toEqual({ id: '7', title: 'New' });
      const removal = await request('/articles/one/7', { method: 'DELETE' });
      expect(await removal.json()).toEqual({ removed: true });
      expect(await get('/articles/one/7')).toEqual({ id: '7', title: 'Article 7' });
    });

    it.each<[string, Type[]]>([
      ['a factory', [SessionsByFactoryModule]],
      ['a class', [SessionsByClassModule]],
      ['a factory, for all modules', [GlobalSessionsModule, SessionsModule]],
      [
        'a factory, beside other caches',
        [SessionsByFactoryModule, ArticlesModule, GlobalCacheModule],
      ],
    ])('takes options that are made by %s', async (_by, modules) => {
      await start(...modules);
      const cache = app?.get(SessionsService, { strict: false }).cache;
      await cache?.set('session', 1);
      expect(await cache?.get('session')).toBe(1);
      await eventually(async () => expect(await cache?.get('session')).toBeUndefined());
    });
  });
}
