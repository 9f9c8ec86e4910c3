import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { StagedFaults } from './staged-faults.js';

/** What so many calls of an operation give: `'ok'`, or the message of what was thrown. */
function outcomes(faults: StagedFaults, operation: string, calls: number): string[] {
  return Array.from({ length: calls }, () => {
    try {
      faults.strike(operation);
      return 'ok';
    } catch (error) {
      return (error as Error).message;
    }
  });
}

describe('StagedFaults', () => {
  it('let everything pass where nothing is staged', () => {
    expect(outcomes(new StagedFaults(), 'write', 2)).toEqual(['ok', 'ok']);
  });

  it('strike every call unless told otherwise', () => {
    const faults = new StagedFaults().stage('write', { error: new Error('full') });
    expect(outcomes(faults, 'write', 3)).toEqual(['full', 'full', 'full']);
    expect(outcomes(faults, 'read', 1)).toEqual(['ok']);
  });

  it('let so many calls pass and strike so many', () => {
    const faults = new StagedFaults().stage('write', {
      error: new Error('full'),
      after: 1,
      times: 2,
    });
    expect(outcomes(faults, 'write', 5)).toEqual(['ok', 'full', 'full', 'ok', 'ok']);
  });

  it('strike one after the other, in the order in which they were staged', () => {
    const faults = new StagedFaults()
      .stage('write', { error: new Error('full'), times: 1 })
      .stage('write', { error: new Error('away'), after: 1, times: 1 });
    expect(outcomes(faults, 'write', 4)).toEqual(['full', 'ok', 'away', 'ok']);
  });

  it('never strike when they are staged for no call', () => {
    const faults = new StagedFaults().stage('write', { error: new Error('full'), times: 0 });
    expect(outcomes(faults, 'write', 2)).toEqual(['ok', 'ok']);
  });

  it('are gone when they are cleared, for one operation or for all', () => {
    const faults = new StagedFaults()
      .stage('write', { error: new Error('full') })
      .stage('read', { error: new Error('away') });
    faults.clear('write');
    expect([...outcomes(faults, 'write', 1), ...outcomes(faults, 'read', 1)]).toEqual([
      'ok',
      'away',
    ]);
    faults.clear();
    expect(outcomes(faults, 'read', 1)).toEqual(['ok']);
  });

  it('throw the very error that was staged', () => {
    const error = new Error('full');
    const faults = new StagedFaults().stage('write', { error });
    expect(() => faults.strike('write')).toThrow(error);
  });
});

describe('StagedFaults: latency, result, rate and predicate', () => {
  const away = new Error('away');

  it('give a staged result in place of the real one', async () => {
    const faults = new StagedFaults().stage('read', {
      result: (key: unknown) => `staged ${String(key)}`,
      times: 1,
    });
    const read = (): Promise<string> => faults.run('read', 'a', () => 'real');
    expect([await read(), await read()]).toEqual(['staged a', 'real']);
  });

  it('let a call wait on the clock that they were given, then fail', async () => {
    const clock = new FakeClock();
    const faults = new StagedFaults(clock).stage('read', { latencyMs: 100, error: away });
    let settled = false;
    const result = expect(
      faults.run('read', 'a', () => 'real').finally(() => (settled = true)),
    ).rejects.toBe(away);
    await clock.advance(99);
    expect(settled).toBe(false);
    await clock.advance(1);
    await result;
  });

  it('hit a share of the calls', () => {
    const clock = new FakeClock();
    clock.randoms.push(0.4, 0.6);
    const faults = new StagedFaults(clock).stage('read', { error: away, rate: 0.5 });
    expect(outcomes(faults, 'read', 2)).toEqual(['away', 'ok']);
  });

  it('hit the calls that a predicate picks', async () => {
    const faults = new StagedFaults().stage('read', {
      error: away,
      when: ({ arg }) => arg === 'b',
    });
    expect(await faults.run('read', 'a', () => 'real')).toBe('real');
    await expect(faults.run('read', 'b', () => 'real')).rejects.toBe(away);
  });

  it('ask a function for the error of each call', () => {
    const faults = new StagedFaults().stage('read', { error: () => new Error('made') });
    expect(outcomes(faults, 'read', 1)).toEqual(['made']);
  });

  it('refuse a latency or a result where a call can only throw', () => {
    const faults = new StagedFaults().stage('list', { latencyMs: 5 });
    expect(() => faults.strike('list')).toThrow(/"list" can only throw here/);
  });

  it('refuse what makes no sense', () => {
    expect(() => new StagedFaults().stage('read', {})).toThrow(/chaos\.stage/);
    expect(() => new StagedFaults().stage('read', { error: away, rate: 2 })).toThrow(/chaos\.rate/);
  });
});
