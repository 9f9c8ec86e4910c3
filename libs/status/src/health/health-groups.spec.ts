import { isMainstayError } from 'nestjs-mainstay/common';
import type { ResourceEntry, ResourceRegistry } from 'nestjs-mainstay/resource';
import { describe, expect, it } from 'vitest';
import { HealthGroups, type HealthGroupOptions } from './health-groups.js';

function groups(options: HealthGroupOptions, known: readonly string[]): HealthGroups {
  const all = () => known.map((name) => ({ name }) as ResourceEntry);
  return new HealthGroups(options, { all } satisfies Pick<ResourceRegistry, 'all'>);
}

function problemOf(options: HealthGroupOptions, known = ['cache', 'database']): unknown {
  try {
    groups(options, known).onApplicationBootstrap();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('HealthGroups', () => {
  it('knows its groups and their members', () => {
    const some = groups({ payments: ['cache', 'database'], search: ['cache'] }, []);
    expect(some.names).toEqual(['payments', 'search']);
    expect(some.members('payments')).toEqual(['cache', 'database']);
    expect(some.members('toString')).toBeUndefined();
  });

  it('status rule 6: groups of resources that exist start', () => {
    expect(problemOf({ payments: ['cache', 'database'], 'v1.0_~x-y': ['cache'] })).toBeUndefined();
    expect(problemOf({}, [])).toBeUndefined();
  });

  it('status rule 6: a group that names an unknown resource fails, with every mistake and the names that exist', () => {
    const error = problemOf({ payments: ['cahce', 'database'], search: ['index'], none: [] });
    expect(isMainstayError(error, 'STATUS_HEALTH_GROUPS')).toBe(true);
    const { message, stack } = error as Error;
    expect(message).toContain('the group "payments" names "cahce", which no resource is called');
    expect(message).toContain('the group "search" names "index", which no resource is called');
    expect(message).toContain('the group "none" is empty');
    expect(message).toContain('Registered: cache, database.');
    expect(stack).toBe(message);
  });

  it('says so when nothing is registered at all', () => {
    expect((problemOf({ a: ['cache'] }, []) as Error).message).toContain('Registered: none.');
  });

  it.each(['a/b', 'a b', ':id', '*', '', '.', '..'])(
    'refuses the name "%s", which no path can have',
    (name) => {
      expect((problemOf({ [name]: ['cache'] }) as Error).message).toContain('part of a path');
    },
  );
});
