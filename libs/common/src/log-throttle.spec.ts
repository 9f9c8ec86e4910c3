import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { LogThrottle } from './log-throttle.js';

describe('LogThrottle', () => {
  it('admits the first 5 of a kind, then one a minute with what went unlogged', async () => {
    const clock = new FakeClock();
    const throttle = new LogThrottle(clock);
    for (let count = 1; count <= 5; count++) {
      expect(throttle.admit('a')).toEqual({ count, unlogged: 0 });
    }
    for (let i = 0; i < 10; i++) expect(throttle.admit('a')).toBeUndefined();
    await clock.advance(60_000);
    expect(throttle.admit('a')).toEqual({ count: 16, unlogged: 10 });
    expect(throttle.admit('a')).toBeUndefined();
  });

  it('tells kinds apart', () => {
    const throttle = new LogThrottle(new FakeClock());
    for (let i = 0; i < 6; i++) throttle.admit('a');
    expect(throttle.admit('b')).toEqual({ count: 1, unlogged: 0 });
  });

  it('forgets the oldest of 1,000 kinds', () => {
    const throttle = new LogThrottle(new FakeClock());
    for (let i = 0; i <= 1_000; i++) throttle.admit(String(i));
    expect(throttle.admit('0')?.count).toBe(1);
    expect(throttle.admit('1000')?.count).toBe(2);
  });
});
