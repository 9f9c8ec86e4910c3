import type { CacheModuleAsyncOptions, CacheModuleOptions } from 'nestjs-mainstay/cache';
import type { ConfigModuleOptions } from 'nestjs-mainstay/config';
import type { ResourceModuleOptions } from 'nestjs-mainstay/resource';
import type { StatusModuleAsyncOptions, StatusModuleOptions } from 'nestjs-mainstay/status';
import type { StorageModuleAsyncOptions, StorageModuleOptions } from 'nestjs-mainstay/storage';
import type {
  MainstayDatabaseAsyncOptions,
  MainstayDatabaseOptions,
} from './mainstay-database.options.js';

/** Options of `MainstayModule.forRoot`: those of each module, or `false` to leave the module out. */
export interface MainstayOptions {
  /** Where the configuration is read from. */
  readonly config?: ConfigModuleOptions;
  /** @default on, in memory unless `CACHE_URL` says otherwise */
  readonly cache?: CacheModuleOptions | false;
  /** @default on, SQLite unless `DATABASE_URL` says otherwise */
  readonly database?: MainstayDatabaseOptions | false;
  /** @default on, a local directory unless `STORAGE_URL` says otherwise */
  readonly storage?: StorageModuleOptions | false;
  /** @default on */
  readonly status?: StatusModuleOptions | false;
  /** What concerns all operations: interceptors, how long the shutdown waits for those in flight; as `ResourceModule.forRoot`. */
  readonly resource?: ResourceModuleOptions;
}

/** Options of `MainstayModule.forRootAsync`: those of each module's own `forRootAsync`, or `false`. */
export interface MainstayAsyncOptions {
  /** Where the configuration is read from. */
  readonly config?: ConfigModuleOptions;
  readonly cache?: CacheModuleAsyncOptions | false;
  readonly database?: MainstayDatabaseAsyncOptions | false;
  readonly storage?: StorageModuleAsyncOptions | false;
  readonly status?: StatusModuleAsyncOptions | false;
  /** As in {@link MainstayOptions}. */
  readonly resource?: ResourceModuleOptions;
}
