import { InvalidCacheKeyError, InvalidCacheTagError } from '../cache.errors.js';

/** Longest key and longest tag, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1_024;

/** A text of so many UTF-16 units fits whatever its characters are: each is at most 3 bytes. */
const SURELY_FITS = Math.floor(MAX_KEY_BYTES / 3);
const ALLOWED = `a non-empty string of at most ${MAX_KEY_BYTES} bytes`;

/** @throws {@link InvalidCacheKeyError} */
export function checkKey(key: string): void {
  // Nearly all are: nothing more is to be known of them.
  if (typeof key === 'string' && key.length > 0 && key.length <= SURELY_FITS) return;
  const problem = problemOf(key);
  if (problem) throw new InvalidCacheKeyError(problem, ALLOWED);
}

/** @throws {@link InvalidCacheTagError} */
export function checkTags(tags: readonly string[]): void {
  for (const tag of tags) {
    const problem = problemOf(tag);
    if (problem) throw new InvalidCacheTagError(problem, ALLOWED);
  }
}

/** Whether the cache would take a key. */
export function isCacheKey(key: string): boolean {
  return problemOf(key) === undefined;
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return text === null ? 'null' : `of type ${typeof text}`;
  if (text.length > 0 && text.length <= SURELY_FITS) return undefined;
  if (text.length === 0) return 'empty';
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_KEY_BYTES ? `${bytes} bytes long` : undefined;
}
