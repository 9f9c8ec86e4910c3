import type { Awaitable } from './cache-store.js';

/** Whether a result has to be waited for. */
export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}
