import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { StorageConfig } from './storage.config.js';

/** Options of {@link StorageModule.forRoot}. */
export interface StorageModuleOptions {
  /** Name of a further storage; it reads `STORAGE_<NAME>_*` and is injected by `@InjectStorage(name)`. */
  readonly name?: string | undefined;
  /** Makes the storage injectable everywhere. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Values that win over the environment. */
  readonly config?: Partial<StorageConfig> | undefined;
}

/** Options of {@link StorageModule.forRootAsync}. */
export interface StorageModuleAsyncOptions extends Omit<StorageModuleOptions, 'config'> {
  /** Modules that provide what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Gives the other options later; they are validated when they arrive. */
  readonly useFactory: (
    ...args: never[]
  ) => Pick<StorageModuleOptions, 'config'> | Promise<Pick<StorageModuleOptions, 'config'>>;
}
