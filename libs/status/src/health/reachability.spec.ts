import { describe, expect, it } from 'vitest';
import { ReachabilityTracker, type Reachability } from './reachability.js';

function after(...results: Reachability[]): ReachabilityTracker {
  const tracker = new ReachabilityTracker({ failures: 3, successes: 2 });
  results.forEach((result) => tracker.observe(result));
  return tracker;
}

describe('ReachabilityTracker', () => {
  it('status rule 5: believes a failure after three in a row', () => {
    expect(after('unreachable', 'unreachable').confirmed).toBe('reachable');
    expect(after('unreachable', 'unreachable', 'unreachable').confirmed).toBe('unreachable');
  });

  it('status rule 5: believes a recovery after two in a row', () => {
    const tracker = after('unreachable', 'unreachable', 'unreachable', 'reachable');
    expect([tracker.confirmed, tracker.isSettled]).toEqual(['unreachable', false]);
    tracker.observe('reachable');
    expect([tracker.confirmed, tracker.isSettled]).toEqual(['reachable', true]);
  });

  it('begins to count anew when a result agrees with what is believed', () => {
    const tracker = after('unreachable', 'unreachable', 'reachable', 'unreachable', 'unreachable');
    expect(tracker.confirmed).toBe('reachable');
  });

  it('counts different bad results together, and believes the last of them', () => {
    expect(after('impaired', 'unreachable', 'impaired').confirmed).toBe('impaired');
  });

  it('begins to count anew when results turn from worse to better', () => {
    const tracker = after(
      'impaired',
      'impaired',
      'impaired',
      'unreachable',
      'unreachable',
      'reachable',
    );
    expect(tracker.confirmed).toBe('impaired');
    tracker.observe('reachable');
    expect(tracker.confirmed).toBe('reachable');
  });
});
