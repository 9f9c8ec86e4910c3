import type { Type } from '@nestjs/common';
import { isCacheKey } from '../keys/check-key.js';
import type { CacheableRequest, CacheResponseOptions } from './cache-response.decorator.js';

/** Where Nest keeps the version of a controller or handler. */
const VERSION_METADATA = '__version__';

/**
 * The key of a response; `undefined` when it must not be cached: the request carries credentials and nothing says for
 * whom the response is, or the key would be too long.
 * @param url path and query of the request
 * @param route the handler, see {@link routeOf}: one URL may lead to several (versions by header)
 */
export function responseKey(
  request: CacheableRequest,
  url: string,
  route: string,
  options: CacheResponseOptions,
): string | undefined {
  const principal = options.principal?.(request);
  if (principal === undefined && carriesCredentials(request)) return undefined;
  const resource = options.key?.(request) ?? `${route}:${hostOf(request)}${url}`;
  // The principal is encoded and comes first, so that no URL can pass for another principal's entry.
  const audience = principal === undefined ? '' : encodeURIComponent(principal);
  const scope = principal === undefined ? 'all' : 'for';
  const key = `http:${scope}:${audience}:${resource}`;
  return isCacheKey(key) ? key : undefined;
}

/** Names a handler by its controller, its own name and its version. */
export function routeOf(controller: Type, handler: Function): string {
  const version: unknown =
    Reflect.getMetadata(VERSION_METADATA, handler) ??
    Reflect.getMetadata(VERSION_METADATA, controller) ??
    '';
  return `${controller.name}.${handler.name}@${String(version)}`;
}

/** Whether a request says for whom the response is. */
export function carriesCredentials({ headers }: CacheableRequest): boolean {
  return headers['authorization'] !== undefined || headers['cookie'] !== undefined;
}

function hostOf({ headers }: CacheableRequest): string {
  const host = headers['host'];
  return typeof host === 'string' ? host : '';
}
