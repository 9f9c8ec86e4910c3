import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type Provider,
  type Type,
} from '@nestjs/common';

import type { CacheStores } from './store-of.js';

/** What a cache of `CacheModule.register` is made of. */
export interface CacheManagerOptions {
  /**
   * The store that instances share: an adapter of Keyv, a `Keyv` around one, or a `Cacheable`. Of several it is the last;
   * those before it are memory, which the cache has itself. Only the adapter is used of a Keyv.
   * @default what `CACHE_URL` chooses
   */
  readonly stores?: CacheStores | undefined;
  /** How long an entry lives that is written without a TTL, in milliseconds; 0 = for ever. @default `CACHE_TTL`, 5 min */
  readonly ttl?: number | undefined;
  /** What the keys of this cache begin with, before a colon. @default nothing */
  readonly namespace?: string | undefined;
  /** What `cacheId()` gives. @default random */
  readonly cacheId?: string | undefined;
  /**
   * The time before the end of an entry from which on `wrap` loads it anew in the background, in milliseconds.
   * @default none
   */
  readonly refreshThreshold?: number | undefined;
  /** Has no effect: memory answers first in any case, and no write is done before it is acknowledged. */
  readonly nonBlocking?: boolean | undefined;
}

/** Options of a cache, and what an application adds to them for its own use. */
export type CacheOptions<StoreConfig extends object = Record<string, unknown>> =
  CacheManagerOptions & StoreConfig;

/** Options of `CacheModule.register`. */
export type CacheModuleOptions<StoreConfig extends object = Record<string, unknown>> =
  CacheOptions<StoreConfig> & {
    /** Makes the cache injectable everywhere. @default false */
    readonly isGlobal?: boolean | undefined;
  };

/** Makes the options of a cache; for `useClass` and `useExisting`. */
export interface CacheOptionsFactory<StoreConfig extends object = Record<string, unknown>> {
  createCacheOptions(): Promise<CacheOptions<StoreConfig>> | CacheOptions<StoreConfig>;
}

/** Options of `CacheModule.registerAsync`. */
export interface CacheModuleAsyncOptions<
  StoreConfig extends object = Record<string, unknown>,
> extends ConfigurableModuleAsyncOptions<CacheOptions<StoreConfig>, 'createCacheOptions'> {
  readonly useExisting?: Type<CacheOptionsFactory<StoreConfig>>;
  readonly useClass?: Type<CacheOptionsFactory<StoreConfig>>;
  /** Providers that stand in the scope of the module. */
  readonly extraProviders?: Provider[];
  /** Makes the cache injectable everywhere. @default false */
  readonly isGlobal?: boolean | undefined;
}

const builder = new ConfigurableModuleBuilder<CacheManagerOptions>({ moduleName: 'Cache' })
  .setFactoryMethodName('createCacheOptions')
  .build();

/** Provides the options, however they are made. */
export const { ConfigurableModuleClass } = builder;
/** What the options are injected by. */
export const CACHE_MODULE_OPTIONS: string | symbol = builder.MODULE_OPTIONS_TOKEN;
