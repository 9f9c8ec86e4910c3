import type { FactoryProvider, ExistingProvider } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import type { CacheConfig } from '../cache.config.js';
import { CacheService } from '../cache.service.js';
import { Cache, CACHE_MANAGER } from './cache-manager-token.js';
import { createCacheManager } from './create-cache-manager.js';

/**
 * What code written for `@nestjs/cache-manager` injects, over the unnamed cache.
 * @param configToken token of the unnamed cache's configuration
 */
export function provideCacheManager(configToken: string): (FactoryProvider | ExistingProvider)[] {
  return [
    {
      provide: CACHE_MANAGER,
      inject: [CacheService, configToken, Clock],
      useFactory: (cache: CacheService, config: CacheConfig, clock: Clock) =>
        createCacheManager(cache, config, clock),
    },
    { provide: Cache, useExisting: CACHE_MANAGER },
  ];
}
