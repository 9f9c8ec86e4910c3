export { cacheConfig, type CacheConfig } from './cache.config.js';
export type { CacheBackend } from './cache-engine.js';
export {
  CacheConfigError,
  CacheConnectionLostError,
  CacheEncodeError,
  CacheLoadCycleError,
  CacheMasterUnknownError,
  CacheOverloadedError,
  CacheSelfTestError,
  CacheTierFailedError,
  CacheTierUnavailableError,
  CacheTimeoutError,
  CacheUnavailableError,
  CacheValueTooLargeError,
  InvalidCacheKeyError,
  InvalidCacheRatioError,
  InvalidCacheTagError,
  InvalidCacheTtlError,
  UncacheableValueError,
} from './cache.errors.js';
export type {
  CacheLateOptions,
  CacheModuleAsyncOptions,
  CacheModuleOptions,
  CacheParts,
} from './cache.module-options.js';
export type { JournalRecord, JournalStore } from './tiers/journal-store.js';
export { CacheModule } from './cache.module.js';
export type {
  CacheBatchFactory,
  CacheBatchFactoryContext,
  CacheFactory,
  CacheFactoryContext,
  CacheLoadContext,
  CacheLoaded,
  CacheLoadOptions,
  CacheLookup,
  CacheSetEntry,
  CacheSetOptions,
  CacheSource,
} from './cache.options.js';
export { CacheResource } from './cache.resource.js';
export { CacheService } from './cache.service.js';
export { getCacheToken, InjectCache } from './cache-token.js';
export { CacheEvict, type CacheEvictOptions } from './decorators/cache-evict.decorator.js';
export { CachePut, type CachePutOptions } from './decorators/cache-put.decorator.js';
export { Cacheable, type CacheableOptions } from './decorators/cacheable.decorator.js';
export type { MethodDecoratorFor } from './decorators/method-decorator.js';
export {
  CacheResponse,
  type CacheableRequest,
  type CacheResponseOptions,
} from './http/cache-response.decorator.js';
export { CacheInterceptor } from './http/cache.interceptor.js';
export type { CacheKey } from './keys/cache-key.js';
export { defineKey, type CacheKeyPart } from './keys/define-key.js';
export { Cache, CACHE_MANAGER } from './manager/cache-manager-token.js';
export type { Awaitable } from './stores/awaitable.js';
export type {
  CacheEntry,
  CacheStore,
  KeyedEntry,
  ReadOptions,
  StoreCheck,
} from './stores/cache-store.js';
export type { KeyvStore, KeyvStoreSource } from './stores/keyv/keyv-store-source.js';
export { MemoryStore } from './stores/memory-store.js';
export type { Invalidation } from './invalidation.js';
export type { LoadLock } from './stores/load-lock.js';
export type { SharedStore, WriteKind } from './tiers/shared-store.js';
export type { Ttl } from './ttl.js';
export type { CacheCodec } from './values/cache-codec.js';
export { toCachedValue, type CachedValue } from './values/cached-value.js';
