import { InvalidIdempotencyKeyError } from './documents.errors.js';

/**
 * Reads the `Idempotency-Key` header, with which a client names an upload so that it can be repeated safely.
 * @returns `null` when the client gave none
 * @throws {@link InvalidIdempotencyKeyError}
 */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (/^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new InvalidIdempotencyKeyError();
}
