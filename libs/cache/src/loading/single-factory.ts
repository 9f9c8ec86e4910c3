import type { CacheBatchFactory, CacheFactory } from '../cache.options.js';
import type { Ttl } from '../ttl.js';

/** The factory of one key as one of several. */
export function singleFactory<T>(key: string, factory: CacheFactory<T>): CacheBatchFactory<T> {
  return async (_, context) => {
    const own = {
      // Made only where they are read.
      get signal() {
        return context.signal;
      },
      get stale() {
        return context.stale.get(key);
      },
      setTtl: (ttl: Ttl) => context.setTtl(ttl),
      setTags: (...tags: string[]) => context.setTags(...tags),
      skip: () => context.skip(),
    };
    return [[key, await factory(own)]];
  };
}
