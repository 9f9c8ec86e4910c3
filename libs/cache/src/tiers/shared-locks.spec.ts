import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Invalidations } from '../invalidations.js';
import type { LoadLock } from '../stores/load-lock.js';
import { MemoryStore } from '../stores/memory-store.js';
import { LocalCopies } from './local-copies.js';
import { SharedLocks } from './shared-locks.js';
import type { SharedStore } from './shared-store.js';
import { TierCalls } from './tier-calls.js';

let clock: FakeClock;
let link: { isUp: boolean; silentSince: number; trustedUntil: number; listen: () => void };
let copies: LocalCopies;
let calls: TierCalls;

beforeEach(() => {
  clock = new FakeClock();
  link = { isUp: true, silentSince: 0, trustedUntil: Infinity, listen: () => undefined };
  copies = new LocalCopies(clock, new MemoryStore(clock), link, new Invalidations());
  calls = new TierCalls('cache', clock, link);
});

function locksOf(lock?: SharedStore['lock']): SharedLocks {
  const shared = { ...(lock && { lock }) } as SharedStore;
  return new SharedLocks({ shared, copies, calls });
}

describe('cache rule 15: a lock of the shared tier', () => {
  it('is what the tier gives', async () => {
    const release = vi.fn(async () => undefined);
    const given = vi.fn(async (): Promise<LoadLock | undefined> => ({ release }));
    const lock = await locksOf(given).take('key', 11_000);
    expect(given).toHaveBeenCalledWith('key', 11_000);
    await lock?.release();
    expect(release).toHaveBeenCalledTimes(1);
    expect(calls.isIdle).toBe(true);
  });

  it("is none where it is another's", async () => {
    expect(await locksOf(async () => undefined).take('key', 1)).toBeUndefined();
  });

  it('locks nobody out where the tier has none', async () => {
    const lock = await locksOf().take('key', 1);
    expect(await lock?.release()).toBeUndefined();
  });

  it('is not asked for while the tier is away', async () => {
    link.isUp = false;
    const given = vi.fn(async () => undefined);
    const away = { code: 'CACHE_TIER_UNAVAILABLE' };
    await expect(locksOf(given).take('key', 1)).rejects.toMatchObject(away);
    expect(given).not.toHaveBeenCalled();
  });

  it('cache rule 1: is waited for 450 ms, the rest of the 500 ms after a read; one that comes later is given back', async () => {
    const release = vi.fn(async () => undefined);
    let give: (lock: LoadLock) => void = () => undefined;
    const given = new Promise<LoadLock>((resolve) => (give = resolve));
    const taken = locksOf(() => given).take('key', 1);
    const refused = expect(taken).rejects.toMatchObject({ code: 'CACHE_TIMEOUT' });
    await clock.advance(450);
    await refused;
    give({ release });
    await clock.settle();
    expect(release).toHaveBeenCalledTimes(1);
    expect(clock.pending.foreground).toBe(0);
  });

  it('is followed by a read of its own: one that began before does not know what was stored', async () => {
    const before = copies.beginRead(['key']);
    expect(copies.findRead('key')).toBe(before);
    await locksOf(async () => undefined).take('key', 1);
    expect(copies.findRead('key')).toBeUndefined();
  });
});
