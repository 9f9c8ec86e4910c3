import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { UnknownErrorLog } from './unknown-error-log.js';

describe('UnknownErrorLog', () => {
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;

  beforeEach(() => {
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  function setUp() {
    const clock = new FakeClock();
    const log = new UnknownErrorLog(clock);
    return { clock, log };
  }

  it('names the operation and the error, and gives the stack', () => {
    const error = new TypeError('x is not a function');
    setUp().log.log('cache', 'get', error);
    expect(logged).toHaveBeenCalledWith(
      'Unknown error in cache.get: TypeError: x is not a function',
      error.stack,
    );
  });

  it('resilience rule 13: logs the first 5 of a kind, then one a minute with the count', async () => {
    const { clock, log } = setUp();
    const error = new TypeError('x');
    for (let i = 0; i < 100; i++) log.log('cache', 'get', error);
    expect(logged).toHaveBeenCalledTimes(5);
    await clock.advance(60_000);
    log.log('cache', 'get', error);
    log.log('cache', 'get', error);
    expect(logged).toHaveBeenCalledTimes(6);
    expect(logged.mock.lastCall?.[0]).toContain('(seen 101 times)');
  });

  it('resilience rule 13: tells errors of different places apart', () => {
    const { log } = setUp();
    const here = new TypeError('x');
    const there = new TypeError('x');
    for (let i = 0; i < 10; i++) {
      log.log('cache', 'get', here);
      log.log('cache', 'get', there);
      log.log('cache', 'set', here);
    }
    expect(logged).toHaveBeenCalledTimes(15);
  });

  it('shows no secrets', () => {
    setUp().log.log('cache', 'get', new Error('redis://user:hunter2@host says no'));
    expect(JSON.stringify(logged.mock.calls)).not.toContain('hunter2');
  });

  it('remembers a bounded number of kinds', () => {
    const { log } = setUp();
    for (let i = 0; i < 1_001; i++) log.log('cache', `operation-${i}`, 'x');
    for (let i = 0; i < 10; i++) log.log('cache', 'operation-0', 'x');
    expect(logged).toHaveBeenCalledTimes(1_001 + 5);
  });
});
