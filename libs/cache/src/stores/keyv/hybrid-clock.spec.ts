import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { HybridClock } from './hybrid-clock.js';

const SECOND_US = 1_000_000;

describe('cache rule 8: a clock of versions where the store has none', () => {
  it('is the wall time in microseconds, at any moment', async () => {
    const clock = new FakeClock();
    const time = new HybridClock(clock);
    const [then, wall] = [clock.now(), clock.wallTime()];
    await clock.advance(5_000);
    expect(time.latest(then)).toBe(wall * 1_000);
    expect(time.latest(clock.now())).toBe(wall * 1_000 + 5 * SECOND_US);
  });

  it('gives no version twice, and none that is not later than what was seen', () => {
    const time = new HybridClock(new FakeClock());
    const first = time.next();
    expect(time.next()).toBeGreaterThan(first);
    time.observe(first + SECOND_US);
    expect(time.next()).toBe(first + SECOND_US + 1);
    time.observe(first);
    expect(time.next()).toBe(first + SECOND_US + 2);
  });

  it('puts itself forward to who is ahead, also for what began before', async () => {
    const clock = new FakeClock();
    const [time, ahead] = [new HybridClock(clock), new HybridClock(clock)];
    const began = clock.now();
    await clock.advance(1_000);
    ahead.observe(ahead.next() + 60 * SECOND_US);
    const deleted = ahead.nextInvalidation();
    time.observe(deleted);
    expect(time.latest(began)).toBeLessThan(deleted);
    await clock.advance(1_000);
    expect(time.latest(clock.now())).toBeGreaterThan(deleted);
  });

  it('takes an invalidation for a moment later, and is not driven on by many', () => {
    const clock = new FakeClock();
    const [one, other] = [new HybridClock(clock), new HybridClock(clock)];
    const start = one.next();
    expect(one.nextInvalidation() - start).toBeGreaterThan(5_000);
    for (let round = 0; round < 1_000; round++) {
      other.observe(one.nextInvalidation());
      one.observe(other.nextInvalidation());
    }
    expect(one.next() - start).toBeLessThan(20_000);
    expect(one.latest(clock.now()) - start).toBeLessThan(5_000);
  });

  it('is not led away by what is no version', () => {
    const time = new HybridClock(new FakeClock());
    const before = time.next();
    for (const version of [NaN, 9.5e15, Infinity]) time.observe(version);
    expect(time.next() - before).toBeLessThan(10);
  });
});
