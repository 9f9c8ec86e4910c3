/**
 * What is not to be served any more: some keys, some keys but for those who take a stale value, what carries some tags,
 * or everything.
 */
export type Invalidation =
  | { readonly keys: readonly string[] }
  | { readonly expired: readonly string[] }
  | { readonly tags: readonly string[] }
  | 'everything';
