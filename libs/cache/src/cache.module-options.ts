import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { CacheConfig } from './cache.config.js';

/** Options of {@link CacheModule.forRoot}. */
export interface CacheModuleOptions {
  /** Name of a further cache; it reads `CACHE_<NAME>_*` and is injected by `@InjectCache(name)`. */
  readonly name?: string | undefined;
  /** Makes the cache injectable everywhere. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Values that win over the environment. */
  readonly config?: Partial<CacheConfig> | undefined;
}

/** Options of {@link CacheModule.forRootAsync}. */
export interface CacheModuleAsyncOptions extends Omit<CacheModuleOptions, 'config'> {
  /** Modules that provide what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Gives the other options later; they are validated when they arrive. */
  readonly useFactory: (
    ...args: never[]
  ) => Pick<CacheModuleOptions, 'config'> | Promise<Pick<CacheModuleOptions, 'config'>>;
}
