import type { KeyvStore } from '../../stores/keyv/keyv-store-source.js';

/** A `Cacheable` of the package of that name, which has a Keyv for memory and perhaps another one behind it. */
export interface CacheableStores {
  readonly primary: KeyvStore;
  readonly secondary?: KeyvStore | undefined;
}

/** What the `stores` of a cache may be. */
export type CacheStores = KeyvStore | CacheableStores | readonly KeyvStore[];

/**
 * The one of several stores that instances share: the last, which is asked when those before it have nothing. These are
 * memory, which the cache has itself.
 */
export function sharedStoreOf(stores: CacheStores | undefined): KeyvStore | undefined {
  if (stores === undefined) return undefined;
  if (Array.isArray(stores)) return (stores as readonly KeyvStore[]).at(-1);
  if ('primary' in stores) return stores.secondary ?? stores.primary;
  return stores as KeyvStore;
}
