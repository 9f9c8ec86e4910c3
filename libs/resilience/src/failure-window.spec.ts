import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { FailureWindow } from './failure-window.js';

function setUp() {
  const clock = new FakeClock();
  return { clock, window: new FailureWindow(10_000, clock) };
}

describe('FailureWindow', () => {
  it('counts the calls and the share of them that failed', () => {
    const { window } = setUp();
    for (let i = 0; i < 3; i++) window.recordSuccess();
    window.recordFailure();
    expect(window.measure()).toEqual({ calls: 4, failureRatio: 0.25 });
  });

  it('has no failures where there were no calls', () => {
    expect(setUp().window.measure()).toEqual({ calls: 0, failureRatio: 0 });
  });

  it('resilience rule 8: each tenth of the window expires on its own', async () => {
    const { clock, window } = setUp();
    for (let second = 0; second < 10; second++) {
      window.recordFailure();
      await clock.advance(1_000);
    }
    expect(window.measure().calls).toBe(9);
    await clock.advance(3_000);
    expect(window.measure().calls).toBe(6);
  });

  it('resilience rule 8: samples that are an hour old do not count', async () => {
    const { clock, window } = setUp();
    window.recordFailure();
    await clock.advance(3_600_000);
    window.recordSuccess();
    expect(window.measure()).toEqual({ calls: 1, failureRatio: 0 });
  });

  it('forgets everything when it is cleared', () => {
    const { window } = setUp();
    window.recordFailure();
    window.recordSuccess();
    window.clear();
    expect(window.measure().calls).toBe(0);
  });
});
