import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, type LateOverrides } from 'nestjs-mainstay/config';
import { provideService, ResourceModule } from 'nestjs-mainstay/resource';
import { getStorageToken } from './storage-token.js';
import { storageConfig, type StorageConfig } from './storage.config.js';
import type { StorageModuleAsyncOptions, StorageModuleOptions } from './storage.module-options.js';
import { StorageResource } from './storage.resource.js';
import { StorageService } from './storage.service.js';

/**
 * Gives an application its storage.
 * @example
 * \@Module({ imports: [StorageModule.forRoot({ isGlobal: true }), StorageModule.forRoot({ name: 'avatars' })] })
 * export class AppModule {}
 */
@Module({})
export class StorageModule {
  /** A storage configured by the environment, and by `config`, which wins. */
  static forRoot(options: StorageModuleOptions = {}): DynamicModule {
    return define(options, options.config);
  }

  /** As {@link forRoot}, with a configuration that is made by a factory. */
  static forRootAsync(options: StorageModuleAsyncOptions): DynamicModule {
    const make = options.useFactory as (
      ...args: unknown[]
    ) => ReturnType<StorageModuleAsyncOptions['useFactory']>;
    return define(options, undefined, {
      inject: options.inject,
      useFactory: async (...args: unknown[]) => (await make(...args)).config,
    });
  }
}

function define(
  options: Pick<StorageModuleAsyncOptions, 'name' | 'isGlobal' | 'imports'>,
  overrides: Partial<StorageConfig> | undefined,
  late?: LateOverrides<StorageConfig>,
): DynamicModule {
  const token = getStorageToken(options.name);
  return {
    module: StorageModule,
    global: options.isGlobal ?? false,
    imports: [ClockModule, ConfigModule, ResourceModule, ...(options.imports ?? [])],
    providers: provideStorage(token, options.name, overrides, late),
    exports: [token],
  };
}

function provideStorage(
  token: InjectionToken,
  name: string | undefined,
  overrides: Partial<StorageConfig> | undefined,
  late: LateOverrides<StorageConfig> | undefined,
): Provider[] {
  return provideService({
    token,
    configToken: `STORAGE_CONFIG:${name ?? ''}`,
    config: new ConfigRequest(storageConfig, { instance: name, overrides }),
    late,
    createResource: (config, clock) => new StorageResource(config, clock, name),
    createService: (resource, operations) => new StorageService(resource, operations),
  });
}
