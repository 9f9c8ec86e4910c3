import type { CacheSetOptions } from '../cache.options.js';
import type { MethodDecoratorFor } from './method-decorator.js';
import { wrapMethod } from './wrap-method.js';

/** Options of {@link CachePut}. */
export interface CachePutOptions<Result, Args extends readonly unknown[]> extends CacheSetOptions {
  /** The key under which the result is stored, from the result and the method's arguments. */
  readonly key: (result: Result, ...args: Args) => string;
  /** A named cache. @default the unnamed one */
  readonly cache?: string;
}

/**
 * Stores what a method of any provider resolves to, each time it is called: for methods that create or change something.
 * The method returns a promise. A cache that is down does not fail the call.
 * @example
 * \@CachePut({ key: (user: User) => `user:${user.id}` })
 * rename(id: string, name: string): Promise<User> { … }
 */
export function CachePut<Result, Args extends readonly unknown[]>(
  options: CachePutOptions<Result, Args>,
): MethodDecoratorFor<Args> {
  const { key, cache: name, ...entry } = options;
  return (target, _propertyKey, descriptor) => {
    wrapMethod(target, descriptor, name, async ({ cache, args, proceed }) => {
      const result = await proceed();
      await cache.set(key(result as Result, ...(args as unknown as Args)), result, entry);
      return result;
    });
  };
}
