/** A result that may be there at once, as an embedded store gives it, or later. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether a result has to be waited for. */
export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}

/** Changes a result, at once where it is there. */
export function mapAwaitable<T, R>(value: Awaitable<T>, change: (value: T) => R): Awaitable<R> {
  return isPromiseLike(value) ? value.then(change) : change(value);
}

/** All results, at once where all are there. */
export function allAwaitable<T>(values: readonly Awaitable<T>[]): Awaitable<T[]> {
  return values.some(isPromiseLike) ? Promise.all(values) : (values as T[]);
}
