import { describe, expect, it } from 'vitest';
import { StatusAccess } from '../routes/status-access.js';
import type { StatusDetails } from '../status.config.js';
import type { HealthMonitor } from './health-monitor.js';
import type { ResourceHealth } from './health-state.js';
import { ResourceHealthIndicator } from './resource.health-indicator.js';

function indicator(
  resources: readonly ResourceHealth[],
  details: StatusDetails = 'always',
): ResourceHealthIndicator {
  const monitor = {
    get: (name: string) => resources.find((health) => health.name === name),
    all: () => resources,
  } as Pick<HealthMonitor, 'get' | 'all'> as HealthMonitor;
  const access = { details, token: undefined, isRestricted: false, authorize: undefined };
  return new ResourceHealthIndicator(monitor, new StatusAccess(access as never));
}

function healthOf(parts: Partial<ResourceHealth>): ResourceHealth {
  return { name: 'cache', criticality: 'degradable', state: 'up', since: 0, ...parts };
}

describe('ResourceHealthIndicator', () => {
  it.each([
    ['up', 'critical', 'up'],
    ['degraded', 'critical', 'degraded'],
    ['down', 'critical', 'down'],
    ['unknown', 'critical', 'down'],
    ['up', 'degradable', 'up'],
    ['degraded', 'degradable', 'degraded'],
    ['down', 'degradable', 'degraded'],
    ['unknown', 'degradable', 'degraded'],
    ['down', 'informational', 'degraded'],
  ] as const)('status rule 5: %s and %s is %s for Terminus', (state, criticality, status) => {
    expect(indicator([healthOf({ state, criticality })]).check('cache').cache.status).toBe(status);
  });

  it('status rule 7: answers for all resources at once', () => {
    const all = indicator([healthOf({}), healthOf({ name: 'database', state: 'down' })]).all();
    expect(all).toMatchObject({ cache: { status: 'up' }, database: { status: 'degraded' } });
  });

  it('status rule 7: does not throw for an unknown name, but says which there are', () => {
    expect(indicator([healthOf({})]).check('cahce')).toEqual({
      cahce: { status: 'down', message: 'No resource is named "cahce". Registered: cache.' },
    });
  });

  it('status rule 8: names no other resource where details are not shown', () => {
    expect(indicator([healthOf({})], 'never').check('cahce')).toEqual({
      cahce: { status: 'down' },
    });
  });

  it('shows why, how old and what works', () => {
    const parts = {
      reason: 'timeout',
      ageMs: 12.3,
      capabilities: { read: false },
      details: { v: 1 },
    };
    expect(indicator([healthOf({ state: 'down', ...parts })]).check('cache')).toEqual({
      cache: {
        status: 'degraded',
        state: 'down',
        criticality: 'degradable',
        message: 'timeout',
        ageMs: 12,
        capabilities: { read: false },
        details: { v: 1 },
      },
    });
  });

  it.each(['never', 'when-authorized'] as const)(
    'status rule 8: shows the word alone to whoever asks when details are for %s',
    (details) => {
      const down = healthOf({ state: 'down', reason: 'secret place' });
      expect(indicator([down], details).check('cache')).toEqual({ cache: { status: 'degraded' } });
    },
  );
});
