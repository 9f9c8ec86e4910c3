/**
 * What work gave, as a promise; `undefined` for a value that is there at once. A foreign thenable may answer at once,
 * twice, or throw; and one of a query builder sends its query each time it is asked, so that nothing but the promise
 * made here asks it.
 */
export function asPromise<R>(value: R | PromiseLike<R>): Promise<R> | undefined {
  if (value instanceof Promise) return value as Promise<R>;
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return undefined;
  }
  return typeof (value as PromiseLike<R>).then === 'function' ? Promise.resolve(value) : undefined;
}
