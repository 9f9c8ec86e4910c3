import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { IncidentLog } from './incident-log.js';

let clock: FakeClock;
let log: IncidentLog;

beforeEach(() => {
  clock = new FakeClock();
  log = new IncidentLog(clock);
});

function begin(resource: string, since: number) {
  return log.begin(resource, 'down', 'away', { since, calls: 0 });
}

describe('IncidentLog', () => {
  it('status rule 11: remembers the last 50, and those that go on', () => {
    begin('goes on', 0);
    for (let index = 1; index <= 500; index++) begin(`resource ${index}`, index).end(index + 1);

    const names = log.all().map(({ resource }) => resource);
    expect(names).toHaveLength(50);
    expect(names[0]).toBe('goes on');
    expect(names.slice(1)).toEqual(
      Array.from({ length: 49 }, (_, index) => `resource ${452 + index}`),
    );
  });

  it('status rule 11: forgets the oldest where all go on', () => {
    for (let index = 0; index < 51; index++) begin(`resource ${index}`, index);
    expect(log.all()).toHaveLength(50);
    expect(log.all()[0]?.resource).toBe('resource 1');
  });

  it('status rule 11: knows the mean time to recovery, of one resource and of all', () => {
    expect(log.mttrMs()).toBeUndefined();
    begin('cache', 0).end(10_000);
    begin('cache', 100_000).end(120_000);
    begin('database', 0).end(60_000);
    begin('storage', 0);
    expect([log.mttrMs('cache'), log.mttrMs('database'), log.mttrMs('storage')]).toEqual([
      15_000,
      60_000,
      undefined,
    ]);
    expect(log.mttrMs()).toBe(30_000);
  });

  it('tells an incident by wall time', async () => {
    await clock.advance(10_000);
    const record = log.begin('cache', 'degraded', 'away', {
      since: 4_000,
      error: { kind: 'timeout', type: 'PROBE_TIMEOUT' },
      calls: 3,
    });
    const start = clock.wallTime() - 6_000;
    const begun = {
      resource: 'cache',
      start,
      state: 'degraded',
      reason: 'away',
      error: { kind: 'timeout', type: 'PROBE_TIMEOUT' },
      operationsFailed: 3,
    };
    expect(log.all()).toEqual([begun]);

    record.reach('down');
    record.reach('degraded');
    record.callsFailed(2);
    record.end(9_000);
    expect(log.all()).toEqual([
      { ...begun, state: 'down', operationsFailed: 5, end: start + 5_000, recoveryMs: 5_000 },
    ]);
  });
});
