import type { Clock } from 'nestjs-mainstay/common';
import type { CacheService } from '../cache.service.js';

/** When a key expires, in wall time; `undefined` = never, or not there, or the cache is down (which `lookup` records). */
export async function expiryOf(
  key: string,
  cache: CacheService,
  clock: Clock,
): Promise<number | undefined> {
  try {
    const found = await cache.lookup(key);
    return found.hit && found.ttl !== Infinity ? clock.wallTime() + found.ttl : undefined;
  } catch {
    return undefined;
  }
}
