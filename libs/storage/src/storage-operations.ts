import { pipelinePresets } from 'nestjs-mainstay/resilience';
import type { BoundOperation, Operations, Resource } from 'nestjs-mainstay/resource';

/**
 * Moving data has no total deadline; it is given up when it makes no progress. A slow one must not keep the others from
 * their answers, so that it takes no slot.
 */
const UNBOUNDED = { tryTimeoutMs: false, totalTimeoutMs: false, limiter: false } as const;

const ANSWER = { idempotent: true } as const;
const READS = { ...ANSWER, proves: 'read' } as const;
/** Not what a full disk does as well: deleting, renaming. */
const WRITES = { ...UNBOUNDED, ...ANSWER, proves: 'write' } as const;

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
    write: bound.bind('write', WRITES),
    put: bound.bind('put', WRITES),
    read: bound.bind('read', { ...UNBOUNDED, ...READS }),
    get: bound.bind('get', READS),
    transfer: bound.bind('transfer', { ...UNBOUNDED, maxTries: 1, proves: 'read' }),
    stat: bound.bind('stat', READS),
    exists: bound.bind('exists', READS),
    delete: bound.bind('delete', ANSWER),
    deletePrefix: bound.bind('deletePrefix', ANSWER),
    copy: bound.bind('copy', WRITES),
    move: bound.bind('move'),
    list: bound.bind('list', READS),
    temporaryUrl: bound.bind('temporaryUrl', ANSWER),
  };
}
