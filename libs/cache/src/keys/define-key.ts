import type { CacheKey } from './cache-key.js';

/** What a key may be made of. */
export type CacheKeyPart = string | number | bigint | boolean | null | undefined;

/**
 * Names a family of entries once: its keys, and the type of its values. Two different argument lists never give the same
 * key.
 * @param name first part of every key: `'user'`
 * @example
 * const userKey = defineKey<[id: string], User>('user');
 * await cache.set(userKey('42'), user);          // only a User is accepted
 * const user = await cache.get(userKey('42'));   // User | null
 */
export function defineKey<Args extends readonly CacheKeyPart[], Value>(
  name: string,
): (...args: Args) => CacheKey<Value> {
  return (...args) => [name, ...args.map(encodePart)].join(':');
}

/** The separator is escaped, and what is no string gets a mark that no encoded string begins with. */
function encodePart(part: CacheKeyPart): string {
  if (typeof part === 'string')
    return part.replace(/[%:~]/g, (found) => encodeURIComponentOf(found));
  return typeof part === 'bigint' ? `~${part}n` : `~${String(part)}`;
}

function encodeURIComponentOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
