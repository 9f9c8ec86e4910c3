import type { CacheService } from '../cache.service.js';
import type { MethodDecoratorFor } from './method-decorator.js';
import { wrapMethod } from './wrap-method.js';

type Names<Args extends readonly unknown[]> =
  string | readonly string[] | ((...args: Args) => string | readonly string[]);

/** Options of {@link CacheEvict}: what goes. */
export interface CacheEvictOptions<Args extends readonly unknown[]> {
  /** Keys, or a function that makes them from the method's arguments. */
  readonly keys?: Names<Args>;
  /** Tags to invalidate, or a function that makes them from the method's arguments. */
  readonly tags?: Names<Args>;
  /** `true`: everything. @default false */
  readonly all?: boolean;
  /** A named cache. @default the unnamed one */
  readonly cache?: string;
}

/**
 * Removes entries after a method of any provider has succeeded; when it throws, they stay. Loads that are in progress by
 * then store nothing. The method returns a promise. A cache that is down does not fail the call.
 * @example
 * \@CacheEvict({ keys: (id: string) => `user:${id}`, tags: ['users'] })
 * remove(id: string): Promise<void> { … }
 */
export function CacheEvict<Args extends readonly unknown[]>(
  options: CacheEvictOptions<Args>,
): MethodDecoratorFor<Args> {
  return (target, _propertyKey, descriptor) => {
    const name = options.cache;
    wrapMethod(target, descriptor, name, async ({ cache, args, proceed }) => {
      const result = await proceed();
      await evict(cache, options, args as unknown as Args);
      return result;
    });
  };
}

async function evict<Args extends readonly unknown[]>(
  cache: CacheService,
  { keys, tags, all }: CacheEvictOptions<Args>,
  args: Args,
): Promise<void> {
  const goneKeys = namesOf(keys, args);
  const goneTags = namesOf(tags, args);
  if (all) await cache.clear();
  if (goneKeys.length > 0) await cache.deleteMany(goneKeys);
  if (goneTags.length > 0) await cache.invalidateTags(...goneTags);
}

function namesOf<Args extends readonly unknown[]>(
  names: Names<Args> | undefined,
  args: Args,
): readonly string[] {
  const made = typeof names === 'function' ? names(...args) : (names ?? []);
  return typeof made === 'string' ? [made] : made;
}
