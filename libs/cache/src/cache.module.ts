import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, type LateOverrides } from 'nestjs-mainstay/config';
import { provideService, ResourceModule } from 'nestjs-mainstay/resource';
import { cacheConfig, type CacheConfig } from './cache.config.js';
import type { CacheModuleAsyncOptions, CacheModuleOptions } from './cache.module-options.js';
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
    return define(options, options.config);
  }

  /** As {@link forRoot}, with a configuration that is made by a factory. */
  static forRootAsync(options: CacheModuleAsyncOptions): DynamicModule {
    const make = options.useFactory as (
      ...args: unknown[]
    ) => ReturnType<CacheModuleAsyncOptions['useFactory']>;
    return define(options, undefined, {
      inject: options.inject,
      useFactory: async (...args: unknown[]) => (await make(...args)).config,
    });
  }
}

function define(
  options: Pick<CacheModuleAsyncOptions, 'name' | 'isGlobal' | 'imports'>,
  overrides: Partial<CacheConfig> | undefined,
  late?: LateOverrides<CacheConfig>,
): DynamicModule {
  const { name } = options;
  const token = getCacheToken(name);
  const manager = name === undefined ? provideCacheManager(configTokenOf(name)) : [];
  return {
    module: CacheModule,
    global: options.isGlobal ?? false,
    imports: [ClockModule, ConfigModule, ResourceModule, ...(options.imports ?? [])],
    providers: [...provideCache(token, name, overrides, late), ...manager],
    exports: [token, ...manager.map(({ provide }) => provide)],
  };
}

function configTokenOf(name: string | undefined): string {
  return `CACHE_CONFIG:${name ?? ''}`;
}

function provideCache(
  token: InjectionToken,
  name: string | undefined,
  overrides: Partial<CacheConfig> | undefined,
  late: LateOverrides<CacheConfig> | undefined,
): Provider[] {
  return provideService({
    token,
    configToken: configTokenOf(name),
    config: new ConfigRequest(cacheConfig, { instance: name, overrides }),
    late,
    createResource: (config, clock) => new CacheResource(config, clock, name).load(),
    createService: (resource, operations) => new CacheService(resource, operations),
  });
}
