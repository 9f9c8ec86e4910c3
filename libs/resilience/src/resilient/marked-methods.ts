import type { ResilientMethod } from './resilient-method.js';

/** Metadata, so that decorators above that copy metadata carry it along. */
const MARKED = Symbol('nestjs-mainstay.resilient-method');

/** Remembers that a function is a method marked with `@Resilient`. */
export function markMethod(wrapped: object, method: ResilientMethod): void {
  Reflect.defineMetadata(MARKED, method, wrapped);
}

/** The methods of a class that are marked with `@Resilient`, inherited ones included. */
export function markedMethods(holder: object): ResilientMethod[] {
  const found: ResilientMethod[] = [];
  for (let at = holder; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(at))) {
      const method = typeof value === 'function' ? markOf(value as object) : undefined;
      if (method) found.push(method);
    }
  }
  return found;
}

function markOf(value: object): ResilientMethod | undefined {
  return Reflect.getOwnMetadata(MARKED, value) as ResilientMethod | undefined;
}
