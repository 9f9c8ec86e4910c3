import { StorageInvalidKeyError } from '../errors/caller.errors.js';

const VERSION = '1:';

/** The opaque place of a key in a listing. */
export function toCursor(key: string): string {
  return Buffer.from(VERSION + key).toString('base64url');
}

/**
 * The key that a cursor stands behind.
 * @throws {@link StorageInvalidKeyError} for what is no cursor
 */
export function fromCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith(VERSION)) {
    throw new StorageInvalidKeyError('cursor is none; take it from an entry of a listing');
  }
  return text.slice(VERSION.length);
}
