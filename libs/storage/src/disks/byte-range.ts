import { StorageRangeNotSatisfiableError } from '../errors/caller.errors.js';
import type { ByteRange } from './disk.js';

/** A part of an object of known size; `end` is included. */
export interface ResolvedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Fits a range to an object: an `end` beyond the object is its last byte, as in HTTP.
 * @throws {@link StorageRangeNotSatisfiableError} when it lies outside, or is no range
 */
export function resolveRange(range: ByteRange, size: number, key: string): ResolvedRange {
  const { start } = range;
  const end = Math.min(range.end ?? size - 1, size - 1);
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!isRange || start < 0 || end < start)
    throw new StorageRangeNotSatisfiableError(size, { key });
  return { start, end };
}
