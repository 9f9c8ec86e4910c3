import { Module, type DynamicModule, type InjectionToken } from '@nestjs/common';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, provideConfig } from 'nestjs-mainstay/config';
import { cacheConfig, type CacheConfig } from '../../cache.config.js';
import { overridesFrom } from '../../cache-overrides.js';
import { CacheService } from '../../cache.service.js';
import type { KeyvStore } from '../../stores/keyv/keyv-store-source.js';
import { Cache, CACHE_MANAGER } from '../cache-manager-token.js';
import { createCacheManager } from '../create-cache-manager.js';
import {
  CACHE_MODULE_OPTIONS,
  ConfigurableModuleClass,
  type CacheManagerOptions,
  type CacheModuleAsyncOptions,
  type CacheModuleOptions,
} from './cache.module-options.js';
import { ManagerCaches, ManagerCachesModule } from './manager-caches.js';
import { sharedStoreOf } from './store-of.js';

const CONFIG = 'CACHE_CONFIG:manager';
const PARTS: InjectionToken<ManagerParts> = 'CACHE_PARTS:manager';
/** What the cache of a manager is made of beside its configuration. */
interface ManagerParts {
  readonly store: KeyvStore | undefined;
}

const REQUEST = new ConfigRequest(cacheConfig);

/**
 * Gives modules written for `@nestjs/cache-manager` their cache: `CACHE_MANAGER` and `Cache`, and `CacheService` for what
 * is written anew. Configured by the environment, as `CacheModule` of `nestjs-mainstay/cache` is; an application has one
 * of the two.
 * @example
 * import { CacheModule } from 'nestjs-mainstay/cache-manager';
 *
 * \@Module({ imports: [CacheModule.register({ isGlobal: true, ttl: 60_000 })] })
 * export class AppModule {}
 */
@Module({
  imports: [ClockModule, ConfigModule, ManagerCachesModule],
  providers: [
    {
      provide: PARTS,
      inject: [CACHE_MODULE_OPTIONS],
      useFactory: ({ stores }: CacheManagerOptions) => ({ store: sharedStoreOf(stores) }),
    },
    ...provideConfig(CONFIG, REQUEST, overridesFrom(PARTS, REQUEST)),
    {
      provide: CacheService,
      inject: [ManagerCaches, CONFIG, PARTS],
      useFactory: (caches: ManagerCaches, config: CacheConfig, { store }: ManagerParts) =>
        caches.open(config, store),
    },
    {
      provide: CACHE_MANAGER,
      inject: [CacheService, CONFIG, Clock, CACHE_MODULE_OPTIONS],
      useFactory: (
        cache: CacheService,
        config: CacheConfig,
        clock: Clock,
        options: CacheManagerOptions,
      ) => createCacheManager(cache, config, clock, options),
    },
    { provide: Cache, useExisting: CACHE_MANAGER },
  ],
  exports: [CACHE_MANAGER, Cache, CacheService],
})
export class CacheModule extends ConfigurableModuleClass {
  /** A manager with these options. Several share their entries, but for those with a namespace of their own. */
  static override register<StoreConfig extends object = Record<string, unknown>>(
    options: CacheModuleOptions<StoreConfig> = {} as CacheModuleOptions<StoreConfig>,
  ): DynamicModule {
    return { global: options.isGlobal ?? false, ...super.register(options) };
  }

  /** As {@link register}, with options that are made by a factory or a class. */
  static override registerAsync<StoreConfig extends object = Record<string, unknown>>(
    options: CacheModuleAsyncOptions<StoreConfig>,
  ): DynamicModule {
    const { isGlobal = false, extraProviders = [], ...making } = options;
    const definition = super.registerAsync(making);
    return {
      global: isGlobal,
      ...definition,
      providers: [...(definition.providers ?? []), ...extraProviders],
    };
  }
}
