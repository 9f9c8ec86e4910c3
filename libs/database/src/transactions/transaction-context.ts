import { AsyncLocalStorage } from 'node:async_hooks';
import type { TransactionScope } from './transaction-scope.js';

/** The transactions that the running code is in; of several data sources at most one each. */
interface Frame {
  readonly owner: object;
  /** `undefined`: the code runs outside of the owner's transaction again. */
  readonly scope: TransactionScope | undefined;
  readonly outer: Frame | undefined;
}

/** Constant; what it holds belongs to the running code, so that several applications do not meet here. */
const storage = new AsyncLocalStorage<Frame>();

/** Runs work inside a transaction of `owner`, or outside of any of its transactions. */
export function runInScope<T>(
  owner: object,
  scope: TransactionScope | undefined,
  work: () => T,
): T {
  return storage.run({ owner, scope, outer: storage.getStore() }, work);
}

/** The transaction of `owner` that the running code is in; it may have ended in the meantime. */
export function scopeOf(owner: object): TransactionScope | undefined {
  for (let frame = storage.getStore(); frame; frame = frame.outer) {
    if (frame.owner === owner) return frame.scope;
  }
  return undefined;
}

/** The innermost transaction that the running code is in, of any data source; it may have ended in the meantime. */
export function innermostScope(): TransactionScope | undefined {
  const left = new Set<object>();
  for (let frame = storage.getStore(); frame; frame = frame.outer) {
    if (frame.scope && !left.has(frame.owner)) return frame.scope;
    left.add(frame.owner);
  }
  return undefined;
}
