import { sizeOf } from '../values/size-of.js';
import type { CacheEntry } from './cache-store.js';

/** Bytes of an entry beside its key, its value and its tags: its slot, and its place in the table of keys. */
const OVERHEAD = 110;

/** How many bytes an entry takes in the memory of the process, with its key; an estimate, see {@link sizeOf}. */
export function sizeOfEntry(key: string, { data, tags }: CacheEntry): number {
  return OVERHEAD + sizeOf(key) + sizeOf(data) + (tags === undefined ? 0 : sizeOf(tags));
}
