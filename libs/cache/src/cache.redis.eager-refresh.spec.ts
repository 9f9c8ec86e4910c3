import { SystemClock } from 'nestjs-mainstay/common';
import { describe, expect, it, vi } from 'vitest';
import { CachesOnRedis } from '../test/caches-on-redis.js';

const TTL_MS = 1_000;
/** Past 0.5 of the TTL, jitter included, and before its end. */
const AGED_MS = 600;

const clock = new SystemClock();
const caches = CachesOnRedis.forThisFile({ ttl: TTL_MS, eagerRefresh: 0.5, lock: true });

describe('cache rule 16: eager refresh on Redis', () => {
  it('is one load of all instances, of which all see the value', async () => {
    const [one, other] = [await caches.start(), await caches.start()];
    await one.getOrSet('key', () => 'old');
    await other.get('key');
    await clock.sleep(AGED_MS);
    const factory = vi.fn(async () => {
      await clock.sleep(50);
      return 'new';
    });
    const read = await Promise.all([one, other].map((cache) => cache.getOrSet('key', factory)));
    expect(read).toEqual(['old', 'old']);
    await expect
      .poll(() => Promise.all([one.get('key'), other.get('key')]))
      .toEqual(['new', 'new']);
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('cache rule 7: holds the shutdown up no longer than any operation in flight', async () => {
    const cache = await caches.start();
    await cache.getOrSet('hanging', () => 'old');
    await clock.sleep(AGED_MS);
    let isCalled = false;
    const hangs = (): Promise<string> => {
      isCalled = true;
      return new Promise(() => undefined);
    };
    expect(await cache.getOrSet('hanging', hangs)).toBe('old');
    await expect.poll(() => isCalled).toBe(true);
    const startedAt = clock.now();
    await caches.apps.splice(0)[0]?.close();
    // The time in which operations in flight may end, and what a busy machine adds.
    expect(clock.now() - startedAt).toBeLessThan(2_000 + 500);
  });
});
