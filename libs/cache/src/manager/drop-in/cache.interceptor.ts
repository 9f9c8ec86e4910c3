import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { lastValueFrom, of, tap, type Observable } from 'rxjs';
import type { CacheableRequest } from '../../http/cache-response.decorator.js';
import { carriesCredentials } from '../../http/response-key.js';
import { isCacheKey } from '../../keys/check-key.js';
import { isPlainData } from '../../values/is-plain-data.js';
import { CACHE_MANAGER, type Cache } from '../cache-manager-token.js';
import {
  CACHE_KEY_METADATA,
  CACHE_TTL_METADATA,
  type CacheKeyFactory,
  type CacheTTLFactory,
} from './cache-metadata.decorators.js';

/** Metadata by which Nest marks handlers of server-sent events: they have no one result. */
const SSE_METADATA = '__sse__';

/**
 * Caches what handlers return, under their URL or what `@CacheKey` says, in place of the interceptor of
 * `@nestjs/cache-manager`; `trackBy` and `isRequestCacheable` may be overridden as there. Concurrent misses of one key
 * share one call of the handler. A request that carries `Authorization` or `Cookie` is cached only under a key that is
 * made for it, by a function of `@CacheKey` or an own `trackBy`: under its URL it would be for everybody.
 */
@Injectable()
export class CacheInterceptor implements NestInterceptor<unknown, unknown> {
  @Optional()
  @Inject()
  protected readonly httpAdapterHost!: HttpAdapterHost;
  protected readonly cacheManager: Cache;
  protected readonly reflector: Reflector;
  /** Methods whose responses are kept under their URL. */
  protected allowedMethods = ['GET'];
  readonly #logger = new Logger('CacheInterceptor');
  readonly #warned = new WeakSet<object>();

  constructor(@Inject(CACHE_MANAGER) cacheManager: unknown, reflector: Reflector) {
    this.cacheManager = cacheManager as Cache;
    this.reflector = reflector;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const key = await this.trackBy(context);
    if (typeof key !== 'string' || !isCacheKey(key) || isEventStream(context)) return next.handle();
    const ttl = await this.#ttlOf(context);
    if (context.getType() !== 'http') return this.#around(key, ttl, next);
    const reply = context.switchToHttp().getResponse<{ readonly statusCode: number }>();
    const { statusCode } = reply;
    let made: { readonly result: unknown } | undefined;
    const load = async (): Promise<unknown> => {
      this.setHeadersWhenHttp(context, undefined);
      const result: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      made = { result };
      const isOrdinary = reply.statusCode === statusCode;
      return isOrdinary && this.#mayStore(result, context.getHandler()) ? result : undefined;
    };
    const response = await this.cacheManager.wrap(key, load, { ...(ttl !== undefined && { ttl }) });
    if (made) return of(made.result);
    this.setHeadersWhenHttp(context, response);
    if (response !== undefined && response !== null) return of(response);
    // Another request's handler had nothing to share, or somebody stored null: this request needs its own.
    return next.handle();
  }

  /** The key of a response; without one it is not cached. */
  protected trackBy(
    context: ExecutionContext,
  ): Promise<string | undefined | null> | string | undefined | null {
    const key = this.reflector.get<string | CacheKeyFactory | undefined>(
      CACHE_KEY_METADATA,
      context.getHandler(),
    );
    if (typeof key === 'function') return key(context);
    if (context.getType() !== 'http') return key;
    const request = context.switchToHttp().getRequest<CacheableRequest>();
    if (carriesCredentials(request)) return undefined;
    if (key !== undefined) return key;
    if (!this.isRequestCacheable(context)) return undefined;
    return this.httpAdapterHost.httpAdapter.getRequestUrl(request) as string;
  }

  /** Whether the response to a request may be kept under its URL. */
  protected isRequestCacheable(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ readonly method: string }>();
    return this.allowedMethods.includes(request.method);
  }

  /** Tells the client whether the cache had a response: `X-Cache: HIT`, or `MISS` for none. */
  protected setHeadersWhenHttp(context: ExecutionContext, value: unknown): void {
    if (context.getType() !== 'http') return;
    const hit = value === undefined || value === null ? 'MISS' : 'HIT';
    const response: unknown = context.switchToHttp().getResponse();
    this.httpAdapterHost.httpAdapter.setHeader(response, 'X-Cache', hit);
  }

  /** What answers messages may give several values: they pass, and the last one is kept. */
  async #around(
    key: string,
    ttl: number | undefined,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const found = await this.cacheManager.get(key);
    if (found !== undefined && found !== null) return of(found);
    return next.handle().pipe(tap((value: unknown) => void this.#store(key, value, ttl)));
  }

  async #store(key: string, value: unknown, ttl: number | undefined): Promise<void> {
    try {
      if (value !== undefined) await this.cacheManager.set(key, value, ttl);
    } catch (error) {
      this.#logger.error('A response was not cached.', (error as Error).stack);
    }
  }

  async #ttlOf(context: ExecutionContext): Promise<number | undefined> {
    const ttl = this.reflector.getAllAndOverride<number | CacheTTLFactory | undefined>(
      CACHE_TTL_METADATA,
      [context.getHandler(), context.getClass()],
    );
    return typeof ttl === 'function' ? ttl(context) : ttl;
  }

  #mayStore(result: unknown, handler: object): boolean {
    if (result === undefined || result === null) return false;
    if (isPlainData(result)) return true;
    if (!this.#warned.has(handler)) {
      this.#warned.add(handler);
      this.#logger.warn(
        `${(handler as { readonly name: string }).name}() returns class instances or a stream, which are not cached. Return plain data.`,
      );
    }
    return false;
  }
}

function isEventStream(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(SSE_METADATA, context.getHandler());
}
