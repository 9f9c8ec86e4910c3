import { PipelineBinder } from './pipeline-binder.js';
import type { OperationBinder } from './operation-binder.js';

/** The property by which Nest injects the binder. @internal */
export const BINDER = Symbol('nestjs-mainstay.operation-binder');

/** For objects that nobody gave a binder: their own, which goes with them. */
const own = new WeakMap<object, OperationBinder>();

/** The binder of an object: the application's, the one that it was given, else its own. @internal */
export function binderOf(target: { [BINDER]?: OperationBinder | undefined }): OperationBinder {
  const given = target[BINDER] ?? own.get(target);
  if (given) return given;
  const binder = new PipelineBinder();
  own.set(target, binder);
  return binder;
}

/**
 * Decides where the methods of an object that are marked with `@Resilient` get their operations from, where Nest does
 * not: to share breakers between objects, to record, or to give a test's clock. For static methods, `target` is the
 * class.
 *
 * @example
 * useOperationBinder(rates, new Operations(new SystemClock(), recorder));
 */
export function useOperationBinder(target: object, binder: OperationBinder): void {
  Object.defineProperty(target, BINDER, { value: binder, configurable: true, writable: true });
}
