import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';

/** Metadata of {@link CacheKey}, as `@nestjs/cache-manager` names it. */
export const CACHE_KEY_METADATA = 'cache_module:cache_key';
/** Metadata of {@link CacheTTL}, as `@nestjs/cache-manager` names it. */
export const CACHE_TTL_METADATA = 'cache_module:cache_ttl';

/** Makes the key of a response; without one it is not cached. */
export type CacheKeyFactory = (
  context: ExecutionContext,
) => string | Promise<string | undefined> | undefined;

/** Makes the TTL of a response, in milliseconds. */
export type CacheTTLFactory = (context: ExecutionContext) => Promise<number> | number;

/** Says under which key `CacheInterceptor` keeps the response of a handler. @default its URL */
export function CacheKey(key: string | CacheKeyFactory): CustomDecorator {
  return SetMetadata(CACHE_KEY_METADATA, key);
}

/** Says for how many milliseconds `CacheInterceptor` keeps a response; 0 = for ever. @default that of the module */
export function CacheTTL(ttl: number | CacheTTLFactory): CustomDecorator {
  return SetMetadata(CACHE_TTL_METADATA, ttl);
}
