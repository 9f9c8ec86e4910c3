import { SetMetadata } from '@nestjs/common';
import type { Ttl } from '../ttl.js';

const CACHE_RESPONSE = 'nestjs-mainstay:cache-response';

/** What a request offers on Express and Fastify alike. */
export interface CacheableRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly [property: string]: unknown;
}

/** Options of {@link CacheResponse}. */
export interface CacheResponseOptions {
  /** How long the response is kept. @default the configured `ttl` */
  readonly ttl?: Ttl;
  /** What invalidates it, see `CacheService.invalidateTags`. */
  readonly tags?: readonly string[];
  /** The key of a request, in place of handler, host and URL. The principal is added to it. */
  readonly key?: (request: CacheableRequest) => string;
  /**
   * For whom the response is: each principal has its own entry. Without it a request that carries `Authorization` or
   * `Cookie` is not cached.
   */
  readonly principal?: (request: CacheableRequest) => string | undefined;
  /** `true`: a `null` of the handler is remembered too, for `negativeTtl`. @default false */
  readonly storeNull?: boolean;
  /**
   * `true`: class instances are cached as plain data. Only right where no `ClassSerializerInterceptor` has to see them:
   * its `@Exclude()` has no effect on plain data.
   * @default false
   */
  readonly instances?: boolean;
}

/**
 * Says how `CacheInterceptor` caches the responses of a handler, or of all handlers of a controller.
 * @example
 * \@Get('me')
 * \@CacheResponse({ ttl: '30s', principal: (request) => (request.user as User | undefined)?.id })
 * me() { … }
 */
export function CacheResponse(options: CacheResponseOptions): MethodDecorator & ClassDecorator {
  return SetMetadata(CACHE_RESPONSE, options);
}

/** The options of a handler, its controller's beneath. */
export function cacheResponseOptions(handler: object, controller: object): CacheResponseOptions {
  return {
    ...(Reflect.getMetadata(CACHE_RESPONSE, controller) as CacheResponseOptions | undefined),
    ...(Reflect.getMetadata(CACHE_RESPONSE, handler) as CacheResponseOptions | undefined),
  };
}
