import { describe, expect, it } from 'vitest';
import { CallWindow } from './call-window.js';

const setUp = () => new CallWindow(10_000, 0);

describe('CallWindow', () => {
  it('counts the calls and the share of them that failed', () => {
    const window = setUp();
    for (let i = 0; i < 3; i++) window.recordSuccess(0);
    window.recordFailure(0);
    expect(window.measure(0)).toEqual({ calls: 4, failureRatio: 0.25, slowRatio: 0 });
  });

  it('counts the share of calls that were slow, failed or not', () => {
    const window = setUp();
    window.recordSuccess(0, true);
    window.recordFailure(0, true);
    window.recordSuccess(0);
    window.recordFailure(0);
    expect(window.measure(0).slowRatio).toBe(0.5);
  });

  it('has no failures where there were no calls', () => {
    expect(setUp().measure(0)).toEqual({ calls: 0, failureRatio: 0, slowRatio: 0 });
  });

  it('resilience rule 8: each tenth of the window expires on its own', () => {
    const window = setUp();
    for (let second = 0; second < 10; second++) window.recordFailure(second * 1_000, true);
    expect(window.measure(10_000).calls).toBe(9);
    expect(window.measure(13_000)).toEqual({ calls: 6, failureRatio: 1, slowRatio: 1 });
  });

  it('resilience rule 8: samples that are an hour old do not count', () => {
    const window = setUp();
    window.recordFailure(0);
    window.recordSuccess(3_600_000);
    expect(window.measure(3_600_000)).toEqual({ calls: 1, failureRatio: 0, slowRatio: 0 });
  });

  it('forgets everything when it is cleared', () => {
    const window = setUp();
    window.recordFailure(0, true);
    window.recordSuccess(0);
    window.clear();
    expect(window.measure(0).calls).toBe(0);
  });
});
