import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import {
  ConfigModule,
  ConfigRequest,
  provideConfig,
  type LateOverrides,
} from 'nestjs-mainstay/config';
import { Operations, ResourceInitializer, ResourceModule } from 'nestjs-mainstay/resource';
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
  const configToken = `STORAGE_CONFIG:${name ?? ''}`;
  const resourceToken = `STORAGE_RESOURCE:${name ?? ''}`;
  return [
    ...provideConfig(
      configToken,
      new ConfigRequest(storageConfig, { instance: name, overrides }),
      late,
    ),
    {
      provide: resourceToken,
      inject: [configToken, Clock],
      useFactory: (config: StorageConfig, clock: Clock) => new StorageResource(config, clock, name),
    },
    {
      provide: token,
      inject: [resourceToken, Operations, ResourceInitializer],
      useFactory: async (
        resource: StorageResource,
        operations: Operations,
        initializer: ResourceInitializer,
      ) => {
        const service = new StorageService(resource, operations);
        await initializer.start(resource);
        return service;
      },
    },
  ];
}
