import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OPERATION_RECORDER, type OperationRecorder } from 'nestjs-mainstay/resilience';
import { describe, expect, it } from 'vitest';
import { RecordedCalls } from './recorded-calls.js';

const ERROR = { kind: 'unavailable', type: 'ECONNREFUSED' } as const;

describe('RecordedCalls', () => {
  it('keeps every call as a line', () => {
    const recorded = new RecordedCalls();
    const get = recorded.bind('cache', 'get');
    get.recordAttempt();
    get.recordTry(1, ERROR);
    get.recordTry(1);
    get.recordOutcome('recovered', 2, 10);
    get.recordSuccess(12);
    get.recordHit(1);
    get.recordMiss(1);
    get.recordFailure(1, ERROR);
    get.recordRejected(1, { kind: 'rejected', type: 'CIRCUIT_OPEN' });
    get.recordCancelled(1);
    recorded.recordStep('cache', 'test connection', 5);
    recorded.recordStep('cache', 'test operations', 5, ERROR);
    recorded.recordInitialization('cache', false);
    recorded.recordInitialization('cache', true);
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try failed ECONNREFUSED',
      'cache.get try passed',
      'cache.get outcome recovered after 2',
      'cache.get success',
      'cache.get hit',
      'cache.get miss',
      'cache.get failure ECONNREFUSED',
      'cache.get rejected CIRCUIT_OPEN',
      'cache.get cancelled',
      'cache step: test connection passed',
      'cache step: test operations failed ECONNREFUSED',
      'cache initialization failed',
      'cache initialization succeeded',
    ]);
  });

  it('gives the lines of one resource or operation, and forgets all', () => {
    const recorded = new RecordedCalls();
    recorded.bind('cache', 'get').recordAttempt();
    recorded.bind('cache', 'set').recordAttempt();
    expect(recorded.of('cache.set')).toEqual(['cache.set attempt']);
    recorded.clear();
    expect(recorded.calls).toEqual([]);
  });

  it('counts as every recorder does', () => {
    const get = new RecordedCalls().bind('cache', 'get');
    for (let i = 0; i < 6; i++) get.recordAttempt();
    get.recordSuccess(1);
    get.recordHit(1);
    get.recordFailure(1, ERROR);
    get.recordRejected(1, ERROR);
    get.recordCancelled(1);
    expect(get.status()).toEqual({
      resource: 'cache',
      operation: 'get',
      attempts: 6,
      successes: 2,
      failures: 1,
      rejections: 1,
      cancellations: 1,
      active: 1,
    });
  });

  it('is the recorder of an application as a module', async () => {
    @Injectable()
    class Consumer {
      constructor(@Inject(OPERATION_RECORDER) readonly recorder: OperationRecorder) {}
    }
    const recorded = new RecordedCalls();
    const module = await Test.createTestingModule({
      imports: [recorded.asModule()],
      providers: [Consumer],
    }).compile();
    expect(module.get(Consumer).recorder).toBe(recorded);
  });
});
