import type { CacheFactoryContext, CacheLoadOptions } from '../cache.options.js';
import type { MethodDecoratorFor } from './method-decorator.js';
import { wrapMethod } from './wrap-method.js';

/** Options of {@link Cacheable}. */
export interface CacheableOptions<Args extends readonly unknown[]> extends Omit<
  CacheLoadOptions,
  'tags'
> {
  /** The key of a call, from the method's arguments. */
  readonly key: (...args: Args) => string;
  /** Tags of the entry, or a function that makes them from the method's arguments. */
  readonly tags?: readonly string[] | ((...args: Args) => readonly string[]);
  /**
   * `true`: the method gets the {@link CacheFactoryContext} of its load behind the arguments of the call, and so has to be
   * called with all of them; `undefined` where there is no cache. @default false
   */
  readonly context?: boolean;
  /** A named cache. @default the unnamed one */
  readonly cache?: string;
}

/**
 * Caches what a method of any provider resolves to, as `getOrSet` does: concurrent calls for one key share one call of
 * the method. The method returns a promise.
 * @example
 * \@Cacheable({ key: (id: string) => `user:${id}`, ttl: '5m', tags: ['users'] })
 * findUser(id: string): Promise<User> { … }
 * @example
 * \@Cacheable({ key: (currency: string) => `rates:${currency}`, context: true })
 * async rates(currency: string, context?: CacheFactoryContext): Promise<Rates> {
 *   const response = await this.http.rates(currency, { signal: context?.signal });
 *   context?.setTtl(response.maxAgeMs);
 *   return response.rates;
 * }
 */
export function Cacheable<Args extends readonly unknown[]>(
  options: CacheableOptions<Args>,
): MethodDecoratorFor<Args> {
  const { key, tags, context: isGiven = false, cache: name, ...load } = options;
  return (target, _propertyKey, descriptor) => {
    wrapMethod(target, descriptor, name, async ({ cache, args, proceed }) => {
      const own = args as unknown as Args;
      const tagsOfCall = typeof tags === 'function' ? tags(...own) : tags;
      const factory = (context: CacheFactoryContext): unknown =>
        isGiven ? proceed(context) : proceed();
      return cache.getOrSet(key(...own), factory, { ...load, tags: tagsOfCall });
    });
  };
}
