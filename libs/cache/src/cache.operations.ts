import type { BoundOperation, Operations } from 'nestjs-mainstay/resource';
import type { CacheBackend } from './cache-engine.js';
import type { CacheLookup } from './cache.options.js';
import type { LoadOperations } from './loading/cache-loader.js';

/** Time for one try and for a whole call to a store, in milliseconds. */
const TRY_TIMEOUT_MS = 250;
const TOTAL_TIMEOUT_MS = 500;

/** The operations of one cache, each bound once. */
export interface CacheOperations extends LoadOperations {
  readonly get: BoundOperation;
  readonly lookup: BoundOperation;
  readonly set: BoundOperation;
  readonly put: BoundOperation;
  readonly delete: BoundOperation;
  readonly getOrSet: BoundOperation;
  readonly lookupOrSet: BoundOperation;
  readonly getMany: BoundOperation;
  readonly setMany: BoundOperation;
  readonly deleteMany: BoundOperation;
  readonly getOrSetMany: BoundOperation;
  readonly invalidateTags: BoundOperation;
  readonly clear: BoundOperation;
}

/**
 * Binds the operations of a cache. Its factories are the application's code: they are recorded as `<cache>.factory`,
 * where they have their own deadline, and where their failures do not open the cache's breaker.
 */
export function bindCacheOperations(
  backend: CacheBackend,
  operations: Operations,
): CacheOperations {
  const cache = operations.of(backend, {
    tryTimeoutMs: TRY_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  });
  const { factoryTimeout } = backend.config;
  const factory = operations.of(
    { name: `${backend.name}.factory` },
    { tryTimeoutMs: factoryTimeout, totalTimeoutMs: factoryTimeout, retry: false, breaker: false },
  );
  const idempotent = true;
  const one = { idempotent, isHit: (found: unknown) => found !== undefined };
  const batch = { idempotent, isHit: (found: readonly unknown[]) => !found.includes(undefined) };
  const lookup = { idempotent, isHit: ({ hit }: CacheLookup<unknown>) => hit };
  return {
    get: cache.bind('get', one),
    lookup: cache.bind('lookup', lookup),
    set: cache.bind('set', { idempotent }),
    put: cache.bind('put', { idempotent }),
    delete: cache.bind('delete', { idempotent }),
    getOrSet: cache.bind('getOrSet', one),
    lookupOrSet: cache.bind('lookupOrSet', one),
    getMany: cache.bind('getMany', batch),
    setMany: cache.bind('setMany', { idempotent }),
    deleteMany: cache.bind('deleteMany', { idempotent }),
    getOrSetMany: cache.bind('getOrSetMany', batch),
    invalidateTags: cache.bind('invalidateTags', { idempotent }),
    clear: cache.bind('clear', { idempotent }),
    load: factory.bind('load'),
    store: cache.bind('store', { idempotent }),
  };
}
