/** Under which key the description of a document is cached. */
export function documentCacheKey(id: string): string {
  return `document:${id}`;
}
