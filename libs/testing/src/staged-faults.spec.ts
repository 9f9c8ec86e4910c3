import { describe, expect, it } from 'vitest';
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
