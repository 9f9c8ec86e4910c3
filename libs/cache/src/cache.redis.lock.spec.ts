import { SystemClock } from 'nestjs-mainstay/common';
import { describe, expect, it, vi } from 'vitest';
import { CachesOnRedis } from '../test/caches-on-redis.js';

const clock = new SystemClock();
const caches = CachesOnRedis.forThisFile({ lock: true });

async function timed<T>(call: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = clock.now();
  return { value: await call, ms: clock.now() - startedAt };
}

describe('cache rule 15: across instances on one Redis, with the lock', () => {
  it('a key is loaded once, and nothing is left of the lock', async () => {
    const [one, other] = [await caches.start(), await caches.start()];
    for (const ttl of ['5m', 1_000] as const) {
      const key = `once:${ttl}`;
      const factory = vi.fn(async () => {
        await clock.sleep(150);
        return 'value';
      });
      const calls = Array.from({ length: 50 }, () =>
        [one, other].map((cache) => cache.getOrSet(key, factory, { ttl, tags: ['tag'] })),
      ).flat();
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['value']));
      expect(factory).toHaveBeenCalledTimes(1);
    }
    await expect.poll(() => caches.command('KEYS', '*:l:*')).toEqual([]);
  });

  it('a factory that fails leaves the turn to the next instance', async () => {
    const [one, other] = [await caches.start(), await caches.start()];
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const fails = async (): Promise<string> => {
      begun();
      await clock.sleep(50);
      throw new Error('the source is down');
    };
    const failed = one.getOrSet('turns', fails);
    failed.catch(() => undefined);
    await hasBegun;
    const second = timed(other.getOrSet('turns', () => 'value'));
    await expect(failed).rejects.toThrow('the source is down');
    const { value, ms } = await second;
    expect(value).toBe('value');
    expect(ms).toBeLessThan(1_000);
  });

  it('a holder that was killed holds others up for lockWait at most', async () => {
    const cache = await caches.start({ lockWait: 300 });
    await caches.command(
      'SET',
      'mainstay:cache:v2:l:abandoned',
      'token of the dead',
      'PX',
      '11000',
    );
    const { value, ms } = await timed(cache.getOrSet('abandoned', () => 'value'));
    expect(value).toBe('value');
    expect(ms).toBeGreaterThanOrEqual(299);
    expect(ms).toBeLessThan(1_000);
  });

  it('a Redis that hangs holds a load up no longer than a call that has to have it, and its storing', async () => {
    const cache = await caches.start();
    await cache.set('warm', 1);
    caches.redis.stop();
    try {
      const { value, ms } = await timed(cache.getOrSet('hung', () => 'value'));
      expect(value).toBe('value');
      // Reading and asking for the lock, storing; what a busy machine adds to a timer.
      expect(ms).toBeLessThan(500 + 50 + 300);
    } finally {
      caches.redis.resume();
    }
  });
});
