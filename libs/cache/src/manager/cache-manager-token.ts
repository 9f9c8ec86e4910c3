import type { Cache as CacheManagerCache } from 'cache-manager';

/** The token under which `@nestjs/cache-manager` provides its cache; the same string, so that both name one provider. */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/** A cache-manager cache, as a type that is also a token: `constructor(private readonly cache: Cache) {}`. */
export abstract class Cache {}

/** The methods of the cache: those of cache-manager. */
export interface Cache extends CacheManagerCache {}
