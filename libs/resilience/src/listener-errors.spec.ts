import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { ListenerErrors } from './listener-errors.js';

describe('ListenerErrors', () => {
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;

  beforeEach(() => {
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it('resilience rule 17: swallows and counts what a listener throws', () => {
    const errors = new ListenerErrors('Test');
    errors.guard('A listener', () => {
      throw new Error('a defect');
    });
    expect(errors.count).toBe(1);
    expect(logged.mock.lastCall?.[0]).toBe(
      'A listener failed; outcomes do not change: Error: a defect',
    );
  });

  it('does not flood the log: the 1st, 2nd, 4th, 8th … is logged', () => {
    const errors = new ListenerErrors('Test');
    for (let i = 0; i < 1_000; i++) errors.report('A listener', new Error('x'));
    expect(errors.count).toBe(1_000);
    expect(logged).toHaveBeenCalledTimes(10);
    expect(logged.mock.lastCall?.[0]).toContain('(512 failures so far)');
  });

  it('shows no secrets', () => {
    new ListenerErrors('Test').report('A listener', new Error('password=hunter2'));
    expect(JSON.stringify(logged.mock.calls)).not.toContain('hunter2');
  });

  it('copes with an error that cannot be read', () => {
    const unreadable = Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('no');
      },
    });
    const errors = new ListenerErrors('Test');
    errors.report('A listener', unreadable);
    expect(logged).toHaveBeenCalledTimes(1);
  });
});
