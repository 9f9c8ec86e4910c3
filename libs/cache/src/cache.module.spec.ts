import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';
import { getCacheToken, InjectCache } from './cache-token.js';
import { Cache, CACHE_MANAGER } from './manager/cache-manager-token.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
afterEach(() => vi.unstubAllEnvs());

@Injectable()
class Consumer {
  constructor(
    readonly cache: CacheService,
    @InjectCache('sessions') readonly sessions: CacheService,
    @Inject(CACHE_MANAGER) readonly manager: Cache,
    readonly byClass: Cache,
  ) {}
}

@Module({ providers: [Consumer] })
class FeatureModule {}

describe('CacheModule.forRoot', () => {
  it('gives an initialised cache, with no configuration at all', async () => {
    const app = await Test.createTestingModule({ imports: [CacheModule.forRoot()] }).compile();
    const cache = app.get(CacheService);
    expect(await cache.set('key', 1)).toBe(true);
    expect(await cache.get('key')).toBe(1);
    expect(app.get(ResourceRegistry).get('cache')).toMatchObject({
      phase: 'ready',
      criticality: 'degradable',
    });
    await app.close();
  });

  it('gives named caches their own entries, injectable everywhere when global', async () => {
    const app = await Test.createTestingModule({
      imports: [
        CacheModule.forRoot({ isGlobal: true }),
        CacheModule.forRoot({ name: 'sessions', isGlobal: true }),
        FeatureModule,
      ],
    }).compile();
    const { cache, sessions, manager, byClass } = app.get(Consumer, { strict: false });
    await cache.set('key', 'cache');
    await sessions.set('key', 'session');
    expect(await cache.get('key')).toBe('cache');
    expect(await sessions.get('key')).toBe('session');
    expect(await manager.get('key')).toBe('cache');
    expect(byClass).toBe(manager);
    const names = app
      .get(ResourceRegistry)
      .all()
      .map(({ name }) => name);
    expect(names.toSorted()).toEqual(['cache', 'cache:sessions']);
    await app.close();
  });

  it('reads CACHE_*, and CACHE_<NAME>_* for a named cache; code wins', async () => {
    vi.stubEnv('CACHE_TTL', '1s');
    vi.stubEnv('CACHE_SESSIONS_TTL', '2s');
    vi.stubEnv('CACHE_MAX_ENTRIES', '1');
    const clock = new FakeClock();
    const app = await Test.createTestingModule({
      imports: [
        CacheModule.forRoot({ config: { maxEntries: 5 } }),
        CacheModule.forRoot({ name: 'sessions' }),
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    const cache = app.get(CacheService);
    const sessions = app.get<CacheService>(getCacheToken('sessions'));
    await Promise.all([cache.set('a', 1), cache.set('b', 1), sessions.set('a', 2)]);
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 1]);
    await clock.advance(1_000);
    expect([await cache.get('a'), await sessions.get('a')]).toEqual([null, 2]);
    await app.close();
  });

  it.each([
    ['CACHE_URL', 'memcached://localhost', /memory:.*redis:.*rediss:/],
    ['CACHE_URL', 'redis-cluster://localhost', /memory:.*redis:.*rediss:/],
    ['CACHE_NAMESPACE', 'with blanks', /CACHE_NAMESPACE/],
    ['CACHE_TTL', 'soon', /CACHE_TTL/],
    ['CACHE_MAX_ENTRIES', '0', /CACHE_MAX_ENTRIES/],
    ['CACHE_FACTORY_TIMEOUT', '0', /CACHE_FACTORY_TIMEOUT/],
  ])('refuses %s=%s', async (variable, value, message) => {
    vi.stubEnv(variable, value);
    const compiling = Test.createTestingModule({ imports: [CacheModule.forRoot()] }).compile();
    await expect(compiling).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses two caches of one name', async () => {
    const compiling = Test.createTestingModule({
      imports: [CacheModule.forRoot(), CacheModule.forRoot({ isGlobal: true })],
    }).compile();
    await expect(compiling).rejects.toMatchObject({ code: 'RESOURCE_DUPLICATE' });
  });

  it('acknowledges nothing after the application was closed', async () => {
    const app = await Test.createTestingModule({ imports: [CacheModule.forRoot()] }).compile();
    await app.init();
    const cache = app.get(CacheService);
    await cache.set('key', 1);
    await app.close();
    expect(await cache.get('key')).toBeNull();
    expect(await cache.set('key', 1)).toBe(false);
    expect(await cache.getOrSet('key', () => 'value')).toBe('value');
  });

  it('keeps several applications of one process apart', async () => {
    const build = () => Test.createTestingModule({ imports: [CacheModule.forRoot()] }).compile();
    const [one, two] = await Promise.all([build(), build()]);
    await one.get(CacheService).set('key', 1);
    expect(await two.get(CacheService).get('key')).toBeNull();
    await Promise.all([one.close(), two.close()]);
  });

  it('records the initialisation by its steps', async () => {
    const recorded = new RecordedCalls();
    const app = await Test.createTestingModule({
      imports: [recorded.asModule(), CacheModule.forRoot()],
    }).compile();
    expect(recorded.of('cache step')).toEqual([
      'cache step: validate config passed',
      'cache step: test connection passed',
      'cache step: create connection passed',
      'cache step: set options passed',
      'cache step: test operations passed',
    ]);
    await app.close();
  });
});

describe('CacheModule.forRootAsync', () => {
  @Injectable()
  class Settings {
    readonly ttl = 1_000;
  }

  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  it('takes the configuration of a factory', async () => {
    const clock = new FakeClock();
    const app = await Test.createTestingModule({
      imports: [
        CacheModule.forRootAsync({
          name: 'sessions',
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: async ({ ttl }: Settings) => ({ config: { ttl } }),
        }),
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    const sessions = app.get<CacheService>(getCacheToken('sessions'));
    await sessions.set('key', 1);
    await clock.advance(1_000);
    expect(await sessions.get('key')).toBeNull();
    await app.close();
  });

  it('validates it when it arrives', async () => {
    const compiling = Test.createTestingModule({
      imports: [CacheModule.forRootAsync({ useFactory: () => ({ config: { maxEntries: -1 } }) })],
    }).compile();
    await expect(compiling).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});

describe('getCacheToken', () => {
  it('is the class for the unnamed cache and stable for a named one', () => {
    expect(getCacheToken()).toBe(CacheService);
    expect(getCacheToken('sessions')).toBe(getCacheToken('sessions'));
    expect(getCacheToken('sessions')).not.toBe(getCacheToken('other'));
  });
});
