import { pipelinePresets, type PipelineOptions } from 'nestjs-mainstay/resilience';
import type { BoundOperation, Operations, ResourceOperations } from 'nestjs-mainstay/resource';
import type { CacheBackend } from './cache-engine.js';
import type { CacheLookup } from './cache.options.js';
import type { LoadOperations } from './loading/load-run.js';
import type { StaleWork } from './stale-work.js';
import { detectStoreError } from './stores/redis/detect-store-error.js';

/** What `put` gives when its write is not lost but not acknowledged either. */
export const QUEUED = Symbol('queued');

/** No public call of a cache is pending for longer than half a second. */
const EMBEDDED: PipelineOptions = { ...pipelinePresets.cache, totalTimeoutMs: 500, limiter: false };

/** What has deadlines of its own. */
const UNLIMITED = { tryTimeoutMs: false, totalTimeoutMs: false } as const;

/** What is tried once, whatever came of it before. */
const ONCE: PipelineOptions = { retry: false, breaker: false, limiter: false };

/**
 * A store with a shared tier keeps its own deadlines and knows whether it is connected: a breaker before it would keep
 * from it the writes that it has to remember.
 */
const SHARED: PipelineOptions = { ...UNLIMITED, ...ONCE, rules: [detectStoreError] };

/** The operations of one cache, each bound once. */
export interface CacheOperations extends LoadOperations {
  readonly get: BoundOperation;
  readonly lookup: BoundOperation;
  readonly set: BoundOperation;
  readonly put: BoundOperation;
  readonly delete: BoundOperation;
  readonly expire: BoundOperation;
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
 * @param stale what reads fall back to, where the store has a tier that can be away
 */
export function bindCacheOperations(
  backend: CacheBackend,
  operations: Operations,
  stale: StaleWork | undefined,
): CacheOperations {
  const cache = operations.of(backend, stale ? SHARED : EMBEDDED);
  const { factoryTimeout } = backend.config;
  const factory = operations.of(
    { name: `${backend.name}.factory` },
    { tryTimeoutMs: factoryTimeout, totalTimeoutMs: factoryTimeout, ...ONCE },
  );
  const write = { idempotent: true };
  // Not what a full Redis does as well: deleting. Nor what does nothing where there is nothing to do.
  const store = { ...write, proves: 'write' };
  return {
    ...bindReads(cache, stale),
    set: cache.bind('set', store),
    put: cache.bind('put', stale ? { ...store, fallback: queueFor(backend) } : store),
    delete: cache.bind('delete', write),
    expire: cache.bind('expire', write),
    setMany: cache.bind('setMany', write),
    deleteMany: cache.bind('deleteMany', write),
    invalidateTags: cache.bind('invalidateTags', write),
    clear: cache.bind('clear', write),
    load: factory.bind('load'),
    refresh: factory.bind('refresh', UNLIMITED),
    lock: cache.bind('lock', write),
    store: cache.bind('store', write),
    // The value is there already: nothing is asked.
    stale: cache.bind('stale', { breaker: false, limiter: false, isHit: () => true }),
  };
}

/** What the shared tier did not take is remembered, as long as anyone will ever tell it. */
function queueFor(backend: CacheBackend): (error: unknown) => typeof QUEUED {
  return (error) => {
    if (backend.isClosed) throw error;
    return QUEUED;
  };
}

type Reads = 'get' | 'lookup' | 'getOrSet' | 'lookupOrSet' | 'getMany' | 'getOrSetMany';

function bindReads(
  cache: ResourceOperations,
  stale: StaleWork | undefined,
): Pick<CacheOperations, Reads> {
  // What the shared tier hides here because a write of it is queued is not asked for, but only while it is connected.
  const read = { idempotent: true, proves: 'read' };
  const one = { ...read, isHit: (found: unknown) => found !== undefined };
  const batch = {
    idempotent: true,
    isHit: (found: readonly unknown[]) => !found.includes(undefined),
  };
  const lookup = { ...read, isHit: ({ hit }: CacheLookup<unknown>) => hit };
  return {
    get: cache.bind('get', { ...one, ...fallback(stale?.get) }),
    lookup: cache.bind('lookup', { ...lookup, ...fallback(stale?.lookup) }),
    getOrSet: cache.bind('getOrSet', { ...one, ...fallback(stale?.getForLoad) }),
    lookupOrSet: cache.bind('lookupOrSet', { ...one, ...fallback(stale?.lookupForLoad) }),
    getMany: cache.bind('getMany', { ...batch, ...fallback(stale?.getMany) }),
    getOrSetMany: cache.bind('getOrSetMany', { ...batch, ...fallback(stale?.getManyForLoad) }),
  };
}

function fallback<F>(own: F | undefined): { readonly fallback?: F } {
  return own === undefined ? {} : { fallback: own };
}
