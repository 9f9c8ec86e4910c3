import { pipelinePresets } from 'nestjs-mainstay/resilience';
import type { BoundOperation, Operations, Resource } from 'nestjs-mainstay/resource';

/**
 * Moving data has no total deadline; it is given up when it makes no progress. A slow one must not keep the others from
 * their answers, so that it takes no slot.
 */
const UNBOUNDED = { tryTimeoutMs: false, totalTimeoutMs: false, limiter: false } as const;

const TRANSFER = { ...UNBOUNDED, idempotent: true } as const;
const ANSWER = { idempotent: true } as const;

/** The operations of a storage, bound once. */
export interface StorageOperations {
  readonly write: BoundOperation;
  readonly put: BoundOperation;
  readonly read: BoundOperation;
  readonly get: BoundOperation;
  readonly transfer: BoundOperation;
  readonly stat: BoundOperation;
  readonly exists: BoundOperation;
  readonly delete: BoundOperation;
  readonly deletePrefix: BoundOperation;
  readonly copy: BoundOperation;
  readonly move: BoundOperation;
  readonly list: BoundOperation;
  readonly temporaryUrl: BoundOperation;
}

/** Binds the operations of a storage. A put whose data can be read only once says so in its error: see `asFinal`. */
export function bindStorageOperations(
  operations: Operations,
  resource: Pick<Resource, 'name'>,
): StorageOperations {
  const bound = operations.of(resource, pipelinePresets.storage);
  return {
    write: bound.bind('write', TRANSFER),
    put: bound.bind('put', TRANSFER),
    read: bound.bind('read', TRANSFER),
    get: bound.bind('get', ANSWER),
    transfer: bound.bind('transfer', { ...UNBOUNDED, maxTries: 1 }),
    stat: bound.bind('stat', ANSWER),
    exists: bound.bind('exists', ANSWER),
    delete: bound.bind('delete', ANSWER),
    deletePrefix: bound.bind('deletePrefix', ANSWER),
    copy: bound.bind('copy', TRANSFER),
    move: bound.bind('move'),
    list: bound.bind('list', ANSWER),
    temporaryUrl: bound.bind('temporaryUrl', ANSWER),
  };
}
