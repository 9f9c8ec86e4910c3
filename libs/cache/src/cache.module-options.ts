import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { CacheConfig } from './cache.config.js';
import type { KeyvStoreSource } from './stores/keyv/keyv-store-source.js';
import type { CacheCodec } from './values/cache-codec.js';
import type { JournalStore } from './tiers/journal-store.js';

/** What a cache is made of beside its configuration. */
export interface CacheParts {
  /**
   * A store of Keyv that instances share, in place of what `CACHE_URL` would choose: an adapter, or a `Keyv` around one,
   * or better a function that makes it, so that one that hangs can be replaced. The cache disconnects it when it closes.
   * @example
   * CacheModule.forRoot({ store: () => new KeyvMongo(process.env.MONGO_URL) });
   */
  readonly store?: KeyvStoreSource | undefined;
  /** How values are written to the tier that instances share. @default JSON with marks for what JSON has no form for */
  readonly codec?: CacheCodec | undefined;
  /**
   * Keeps what Redis could not be told where it outlives the process: its database, usually. Of no use to `memory:`.
   * @default nothing does: what is queued is lost with the process, and other instances may serve older values until
   * their lives end
   */
  readonly journalStore?: JournalStore | undefined;
}

/** Options of {@link CacheModule.forRoot}. */
export interface CacheModuleOptions extends CacheParts {
  /** Name of a further cache; it reads `CACHE_<NAME>_*` and is injected by `@InjectCache(name)`. */
  readonly name?: string | undefined;
  /** Makes the cache injectable everywhere. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Values that win over the environment. */
  readonly config?: Partial<CacheConfig> | undefined;
}

/** Options of {@link CacheModule.forRootAsync}. */
export interface CacheModuleAsyncOptions extends Pick<CacheModuleOptions, 'name' | 'isGlobal'> {
  /** Modules that provide what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Gives the other options later; they are validated when they arrive. */
  readonly useFactory: (...args: never[]) => CacheLateOptions | Promise<CacheLateOptions>;
}

/** What the factory of {@link CacheModule.forRootAsync} gives. */
export type CacheLateOptions = Omit<CacheModuleOptions, 'name' | 'isGlobal'>;
