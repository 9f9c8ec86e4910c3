import { PlainCopy } from './plain-copy.js';

/** A value as the cache keeps it: a copy of its own, as plain data, frozen where JavaScript can freeze. */
export interface CachedValue {
  readonly data: unknown;
  /**
   * `false`: it contains something that cannot be frozen (Date, Map, Set, binary data), so that every reader gets a copy
   * of its own.
   */
  readonly isFrozen: boolean;
}

/**
 * Copies and freezes a value for the cache. Class instances become plain data.
 * @throws UncacheableValueError
 */
export function toCachedValue(value: unknown): CachedValue {
  const copy = new PlainCopy();
  const data = copy.of(value);
  return { data, isFrozen: copy.isFrozen };
}

/** What a reader gets: the frozen data itself, or a copy of what cannot be frozen. */
export function readCachedValue(cached: CachedValue): unknown {
  return cached.isFrozen ? cached.data : new PlainCopy().of(cached.data);
}
