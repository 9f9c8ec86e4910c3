import { Logger } from '@nestjs/common';
import { Operations, type BoundOperation, type ResourceOperations } from 'nestjs-mainstay/resource';
import type { OperationOptions } from 'nestjs-mainstay/resilience';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const BROKEN = Object.assign(new Error('input/output error'), { code: 'EIO' });

/**
 * Operation → Error Handler → Error Detector → Known Error → Recovery Strategy → Retry | Fallback | Circuit Break
 *                                            → Unknown Error → Log Error
 */
describe('Error Detection', () => {
  let clock: FakeClock;
  let recorded: RecordedCalls;
  let operations: ResourceOperations;
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;

  beforeEach(() => {
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    clock = new FakeClock();
    recorded = new RecordedCalls();
    operations = new Operations(clock, recorded).of({ name: 'cache' });
  });
  afterEach(() => vi.restoreAllMocks());

  function bind(options: OperationOptions<string, string> = {}): BoundOperation {
    return operations.bind<string, string>('get', { idempotent: true, ...options });
  }

  it('an operation without an error meets no handler', async () => {
    expect(await bind().run(() => 'value', 'key')).toBe('value');
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try passed',
      'cache.get success',
    ]);
  });

  it('Known Error → Recovery Strategy → Retry → Success', async () => {
    const errors = [REFUSED];
    const result = bind().run(async () => {
      const error = errors.pop();
      if (error) throw error;
      return 'value';
    }, 'key');
    await clock.advance(50);
    expect(await result).toBe('value');
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try failed ECONNREFUSED',
      'cache.get try passed',
      'cache.get outcome recovered after 2',
      'cache.get success',
    ]);
    expect(logged).not.toHaveBeenCalled();
  });

  it('Known Error → Recovery Strategy → Retry → Failure', async () => {
    const result = expect(bind().run(() => Promise.reject(REFUSED), 'key')).rejects.toBe(REFUSED);
    await clock.advance(1_000);
    await result;
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try failed ECONNREFUSED',
      'cache.get try failed ECONNREFUSED',
      'cache.get try failed ECONNREFUSED',
      'cache.get outcome retry-failed after 3',
      'cache.get failure ECONNREFUSED',
    ]);
    expect(logged).not.toHaveBeenCalled();
  });

  it('Known Error → Recovery Strategy → Fallback → Alternative', async () => {
    const get = bind({ fallback: () => 'an older value' });
    expect(await get.run(() => Promise.reject(BROKEN), 'key')).toBe('an older value');
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try failed EIO',
      'cache.get fallback answered',
      'cache.get outcome using-fallback after 1',
      'cache.get success',
    ]);
  });

  it('Known Error → Recovery Strategy → Circuit Break → Service Down', async () => {
    const get = bind();
    for (let call = 0; call < 10; call++) {
      await get.run(() => Promise.reject(BROKEN), 'key').catch(() => undefined);
    }
    expect(operations.breaker?.state).toBe('open');
    recorded.clear();
    const work = vi.fn<() => string>(() => 'value');
    await expect(get.run(work, 'key')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(work).not.toHaveBeenCalled();
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get outcome rejected after 0',
      'cache.get rejected CIRCUIT_OPEN',
    ]);
  });

  it('Unknown Error → Log Error', async () => {
    const error = new TypeError('x is not a function');
    const fallback = vi.fn<() => string>(() => 'an older value');
    await expect(bind({ fallback }).run(() => Promise.reject(error), 'key')).rejects.toBe(error);
    expect(fallback).not.toHaveBeenCalled();
    expect(logged).toHaveBeenCalledWith(
      'Unknown error in cache.get: TypeError: x is not a function',
      error.stack,
    );
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get try failed TypeError',
      'cache.get outcome no-recovery-possible after 1',
      'cache.get failure TypeError',
    ]);
  });
});
