import fc from 'fast-check';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { RedisTime } from './redis-time.js';

describe('cache rule 8: the time of Redis', () => {
  it('is known within the time that a reading took', async () => {
    const clock = new FakeClock();
    const time = new RedisTime(clock);
    await clock.advance(10);
    time.read(1_000_000, 4);
    expect([time.earliest(10), time.latest(10)]).toEqual([1_000_000, 1_006_003]);
  });

  it('is within its bounds before and after a reading, though clocks drift', async () => {
    const moments = fc.record({
      drift: fc.double({ min: -0.0004, max: 0.0004, noNaN: true }),
      sentAt: fc.integer({ min: 0, max: 100_000 }),
      outMs: fc.integer({ min: 0, max: 500 }),
      backMs: fc.integer({ min: 0, max: 500 }),
      at: fc.integer({ min: 0, max: 300_000 }),
    });
    await fc.assert(
      fc.asyncProperty(moments, async ({ drift, sentAt, outMs, backMs, at }) => {
        const trueTime = (local: number): number => 5e15 + local * (1 + drift) * 1_000;
        const clock = new FakeClock();
        await clock.advance(sentAt + outMs + backMs);
        const time = new RedisTime(clock);
        time.read(trueTime(sentAt + outMs), sentAt);
        // At these sizes a number is exact to a microsecond.
        expect(time.earliest(at)).toBeLessThanOrEqual(trueTime(at) + 1);
        expect(time.latest(at)).toBeGreaterThanOrEqual(trueTime(at) - 1);
      }),
    );
  });

  it('goes by the reading that tells most, for as long as it does', async () => {
    const clock = new FakeClock();
    const time = new RedisTime(clock);
    await clock.advance(10);
    time.read(1_000_000, 9);
    await clock.advance(1_000);
    time.read(2_000_000, 510);
    expect(time.earliest(1_010)).toBe(1_000_000 + 1_000_000 - 500);
    await clock.advance(1_000_000);
    time.read(1_002_000_000, 1_000_510);
    expect(time.earliest(1_001_010)).toBe(1_002_000_000);
  });

  it.each([
    ['back', 400_000],
    ['forward', 90_000_000],
  ])('goes by any reading after the clock of Redis was set %s', async (_way, now) => {
    const clock = new FakeClock();
    const time = new RedisTime(clock);
    time.read(1_000_000, 0);
    await clock.advance(500);
    time.read(now, 300);
    expect([time.earliest(500), time.latest(300)]).toEqual([now, now]);
  });
});
