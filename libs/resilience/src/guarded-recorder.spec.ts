import { Logger } from '@nestjs/common';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Classification } from './classification.js';
import { guardBoundRecorder, guardRecorder } from './guarded-recorder.js';
import { NoopRecorder } from './noop-recorder.js';
import type { BoundRecorder, OperationRecorder } from './operation-recorder.js';

const ERROR: Classification = { kind: 'unavailable', type: 'ECONNREFUSED' };

function callAll(recorder: OperationRecorder): void {
  const bound = recorder.bind('cache', 'get');
  for (let i = 0; i < 6; i++) bound.recordAttempt();
  bound.recordSuccess(1);
  bound.recordHit(1);
  bound.recordMiss(1);
  bound.recordFailure(1, ERROR);
  bound.recordRejected(1, ERROR);
  bound.recordCancelled(1);
  bound.recordTry(1);
  bound.recordAnswer();
  bound.recordAnswer(true);
  bound.recordAnswer(false);
  bound.recordTry(1, ERROR);
  bound.recordOutcome('recovered', 2, 5);
  recorder.recordStep('cache', 'test connection', 1);
  recorder.recordStep('cache', 'test connection', 1, ERROR);
  recorder.recordInitialization('cache', true, 1);
  const change = { from: 'closed', to: 'open', reason: 'probe', at: 1 } as const;
  recorder.recordTransition({ resource: 'cache', ...change });
}

describe('guardRecorder', () => {
  afterEach(() => vi.restoreAllMocks());

  it('passes every call on', () => {
    const direct = new RecordedCalls();
    const guarded = new RecordedCalls();
    callAll(direct);
    callAll(guardRecorder(guarded));
    expect(guarded.calls).toEqual(direct.calls);
    expect(guarded.calls).toHaveLength(25);
  });

  it('passes on what has been recorded', () => {
    const bound = guardRecorder(new RecordedCalls()).bind('cache', 'get');
    bound.recordAttempt();
    expect(bound.status()).toMatchObject({ resource: 'cache', operation: 'get', active: 1 });
  });

  it('resilience rule 17: swallows and logs whatever the recorder throws', () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const broken = (): never => {
      throw new Error('a defect in a recorder');
    };
    const bound = new Proxy({} as BoundRecorder, { get: () => broken });
    const recorder: OperationRecorder = {
      bind: () => bound,
      recordStep: broken,
      recordInitialization: broken,
      recordTransition: broken,
    };
    callAll(guardRecorder(recorder));
    expect(logged).toHaveBeenCalled();
    expect(logged.mock.calls[0]?.[0]).toContain('a defect in a recorder');
  });

  it('wraps nothing twice, and not the recorder that does nothing', () => {
    const guarded = guardRecorder(new RecordedCalls());
    expect(guardRecorder(guarded)).toBe(guarded);
    const noop = new NoopRecorder();
    expect(guardRecorder(noop)).toBe(noop);
    const bound = guarded.bind('cache', 'get');
    expect(guardBoundRecorder(bound)).toBe(bound);
  });

  it('resilience rule 17: wraps what extends the recorder that does nothing', () => {
    const recorder = guardRecorder(new (class extends NoopRecorder {})());
    expect(recorder).not.toBeInstanceOf(NoopRecorder);
  });
});

describe('NoopRecorder', () => {
  it('takes every call and records nothing', () => {
    const recorder = new NoopRecorder();
    callAll(recorder);
    expect(recorder.bind('cache', 'get').status()).toEqual({
      resource: 'cache',
      operation: 'get',
      attempts: 0,
      successes: 0,
      failures: 0,
      rejections: 0,
      cancellations: 0,
      active: 0,
    });
  });
});
