import {
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { CacheService } from '../cache.service.js';
import { isPlainData } from '../values/is-plain-data.js';
import {
  cacheResponseOptions,
  type CacheableRequest,
  type CacheResponseOptions,
} from './cache-response.decorator.js';
import { responseKey, routeOf } from './response-key.js';

/** Metadata by which Nest marks handlers of server-sent events: they have no one result. */
const SSE_METADATA = '__sse__';

/**
 * Caches what handlers of GET requests return; concurrent misses for one key share one call of the handler. A request
 * that carries `Authorization` or `Cookie` is cached only where `@CacheResponse` names the principal. What cannot be
 * cached (streams, class instances, a response that the handler writes itself or whose status it changes) is passed
 * through.
 *
 * Headers that a handler sets are not cached.
 * @example
 * \@UseInterceptors(CacheInterceptor)
 * \@Controller('articles')
 * export class ArticlesController {}
 */
@Injectable()
export class CacheInterceptor implements NestInterceptor<unknown, unknown> {
  readonly #logger = new Logger('CacheInterceptor');
  readonly #cache: CacheService;
  readonly #host: HttpAdapterHost;
  readonly #warned = new WeakSet<object>();

  constructor(cache: CacheService, host: HttpAdapterHost) {
    this.#cache = cache;
    this.#host = host;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const options = cacheResponseOptions(context.getHandler(), context.getClass());
    const key = this.#keyOf(context, options);
    if (key === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<{ readonly statusCode: number }>();
    const { statusCode } = reply;
    let own: { readonly result: unknown } | undefined;
    const load = async (): Promise<unknown> => {
      const result: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      const isOrdinary = reply.statusCode === statusCode;
      if (isOrdinary && this.#mayStore(result, options, context.getHandler())) return result;
      own = { result };
      return undefined;
    };
    const { ttl, tags } = options;
    // A handler that refuses has answered; and none goes on behind a response that was sent.
    const response = await this.#cache.getOrSet(key, load, { ttl, tags, grace: false });
    if (own) return of(own.result);
    // Another request's handler had nothing to share: this request needs its own.
    return response === undefined ? next.handle() : of(response);
  }

  #keyOf(context: ExecutionContext, options: CacheResponseOptions): string | undefined {
    if (context.getType() !== 'http') return undefined;
    if (Reflect.hasMetadata(SSE_METADATA, context.getHandler())) return undefined;
    const request = context.switchToHttp().getRequest<CacheableRequest>();
    const { httpAdapter } = this.#host;
    if (httpAdapter.getRequestMethod(request) !== 'GET') return undefined;
    const route = routeOf(context.getClass(), context.getHandler());
    return responseKey(request, httpAdapter.getRequestUrl(request) as string, route, options);
  }

  #mayStore(result: unknown, options: CacheResponseOptions, handler: object): boolean {
    if (result === undefined) return false;
    if (result === null) return options.storeNull ?? false;
    if (isPlainData(result)) return true;
    if (options.instances && !isStream(result)) return true;
    this.#warnOnce(handler as { readonly name: string });
    return false;
  }

  #warnOnce(handler: { readonly name: string }): void {
    if (this.#warned.has(handler)) return;
    this.#warned.add(handler);
    this.#logger.warn(
      `${handler.name}() returns class instances or a stream, which are not cached. Return plain data, or say @CacheResponse({ instances: true }) where no ClassSerializerInterceptor needs to see the instances.`,
    );
  }
}

/** A stream, or Nest's `StreamableFile` around one. */
function isStream(value: unknown): boolean {
  const { pipe, getStream } = value as { pipe?: unknown; getStream?: unknown };
  return typeof pipe === 'function' || typeof getStream === 'function';
}
