import 'reflect-metadata';

type AnyFunction = (...args: never[]) => unknown;

/**
 * Makes a decorated method look like the original: name, number of parameters, and metadata, which routes, guards and
 * pipes are; without the copy they would vanish. @internal for decorators of methods
 */
export function standInFor<F extends AnyFunction>(original: AnyFunction, wrapped: F): F {
  for (const key of ['name', 'length'] as const) {
    Object.defineProperty(wrapped, key, { value: original[key], configurable: true });
  }
  for (const key of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), wrapped);
  }
  return wrapped;
}
