import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, type LateOverrides } from 'nestjs-mainstay/config';
import { provideService, ResourceModule } from 'nestjs-mainstay/resource';
import { cacheConfig, type CacheConfig } from './cache.config.js';
import { overridesFrom } from './cache-overrides.js';
import type {
  CacheLateOptions,
  CacheModuleAsyncOptions,
  CacheModuleOptions,
  CacheParts,
} from './cache.module-options.js';
import { CacheResource } from './cache.resource.js';
import { CacheService } from './cache.service.js';
import { getCacheToken } from './cache-token.js';
import { provideCacheManager } from './manager/provide-cache-manager.js';

/**
 * Gives an application its cache.
 * @example
 * \@Module({ imports: [CacheModule.forRoot({ isGlobal: true }), CacheModule.forRoot({ name: 'sessions' })] })
 * export class AppModule {}
 */
@Module({})
export class CacheModule {
  /** A cache configured by the environment, and by `config`, which wins. */
  static forRoot(options: CacheModuleOptions = {}): DynamicModule {
    const { name, config: overrides, store } = options;
    const token = partsTokenOf(name);
    const request = new ConfigRequest(cacheConfig, { instance: name, overrides });
    const late = store && overridesFrom(token, request);
    return define(options, request, { provide: token, useValue: options }, late);
  }

  /** As {@link forRoot}, with a configuration that is made by a factory. */
  static forRootAsync(options: CacheModuleAsyncOptions): DynamicModule {
    const { name, inject = [], useFactory } = options;
    const token = partsTokenOf(name);
    const parts = { provide: token, inject: [...inject], useFactory };
    const request = new ConfigRequest(cacheConfig, { instance: name });
    return define(options, request, parts, overridesFrom(token, request));
  }
}

function define(
  { name, isGlobal = false, imports = [] }: Omit<CacheModuleAsyncOptions, 'inject' | 'useFactory'>,
  config: ConfigRequest<CacheConfig>,
  parts: Provider & { readonly provide: InjectionToken },
  late?: LateOverrides<CacheConfig>,
): DynamicModule {
  const token = getCacheToken(name);
  const configToken = `CACHE_CONFIG:${name ?? ''}`;
  const manager = name === undefined ? provideCacheManager(configToken) : [];
  const cache = provideService({
    token,
    configToken,
    config,
    late,
    partsToken: parts.provide as InjectionToken<CacheParts>,
    createResource: (read, clock, given: CacheParts) =>
      new CacheResource(read, clock, given, name).load(),
    createService: (resource, operations) => new CacheService(resource, operations),
  });
  return {
    module: CacheModule,
    global: isGlobal,
    imports: [ClockModule, ConfigModule, ResourceModule, ...imports],
    providers: [parts, ...cache, ...manager],
    exports: [token, ...manager.map(({ provide }) => provide)],
  };
}

/** What a cache is made of. */
function partsTokenOf(name: string | undefined): InjectionToken<CacheLateOptions> {
  return `CACHE_PARTS:${name ?? ''}`;
}
