export { Cache, CACHE_MANAGER } from '../cache-manager-token.js';
export { CacheInterceptor } from './cache.interceptor.js';
export {
  CACHE_KEY_METADATA,
  CACHE_TTL_METADATA,
  CacheKey,
  CacheTTL,
  type CacheKeyFactory,
  type CacheTTLFactory,
} from './cache-metadata.decorators.js';
export {
  CACHE_MODULE_OPTIONS,
  type CacheManagerOptions,
  type CacheModuleAsyncOptions,
  type CacheModuleOptions,
  type CacheOptions,
  type CacheOptionsFactory,
} from './cache.module-options.js';
export { CacheModule } from './cache.module.js';
export type { CacheableStores, CacheStores } from './store-of.js';
export type { KeyvStore } from '../../stores/keyv/keyv-store-source.js';
