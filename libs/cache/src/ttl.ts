import { parseDuration } from 'nestjs-mainstay/common';
import { InvalidCacheTtlError } from './cache.errors.js';

/** A time to live: milliseconds, a duration such as `'5m'`, 0 (do not store) or `Infinity` (for ever). */
export type Ttl = number | string;

/** How far the life of a loaded entry may differ from its TTL, so that entries loaded together do not expire together. */
const JITTER = 0.1;

/**
 * Reads a TTL.
 * @returns milliseconds; 0 = do not store
 * @throws {@link InvalidCacheTtlError} for anything else
 */
export function parseTtl(ttl: Ttl): number {
  const ms = typeof ttl === 'number' || typeof ttl === 'string' ? parseDuration(ttl) : undefined;
  if (ms === undefined) throw new InvalidCacheTtlError(describe(ttl));
  return ms;
}

/** Reads a time of grace: as a TTL; `false` = none. @throws {@link InvalidCacheTtlError} for anything else */
export function parseGrace(grace: Ttl | false): number {
  return grace === false ? 0 : parseTtl(grace);
}

/** Shortens or lengthens a TTL by up to 10 %. @param random in [0, 1) */
export function jitterTtl(ttlMs: number, random: number): number {
  return ttlMs * (1 + JITTER * (2 * random - 1));
}

function describe(ttl: unknown): string {
  if (typeof ttl === 'string') return `'${ttl.slice(0, 40)}'`;
  return typeof ttl === 'number' ? String(ttl) : `A value of type ${typeof ttl}`;
}
