import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { Operations, ResourceModule, type BoundOperation } from 'nestjs-mainstay/resource';
import type { OperationOptions } from 'nestjs-mainstay/resilience';
import { StatusManager, StatusModule } from 'nestjs-mainstay/status';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** Gives these results one after the other; errors are thrown. */
function answering(...answers: readonly unknown[]) {
  const left = [...answers];
  return vi.fn<() => Promise<string>>(async () => {
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer as string;
  });
}

/** Operation → Error Handler → Recovery Handler → Operation; Error Handler → Status Manager: record outcome */
describe('Error Recovery', () => {
  let clock: FakeClock;
  let recorded: RecordedCalls;

  beforeEach(() => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    clock = new FakeClock();
    recorded = new RecordedCalls();
  });
  afterEach(() => vi.restoreAllMocks());

  function bind(options: OperationOptions<string, string> = { idempotent: true }): BoundOperation {
    const operations = new Operations(clock, recorded).of({ name: 'database' });
    return operations.bind<string, string>('query', options);
  }

  it('Can Retry, Success: the operation is recovered', async () => {
    const work = answering(RESET, RESET, 'rows');
    const result = bind().run(work, 'SELECT 1');
    await clock.advance(1_000);
    expect(await result).toBe('rows');
    expect(work).toHaveBeenCalledTimes(3);
    expect(recorded.calls).toEqual([
      'database.query attempt',
      'database.query try failed ECONNRESET',
      'database.query try failed ECONNRESET',
      'database.query try passed',
      'database.query outcome recovered after 3',
      'database.query success',
    ]);
  });

  it('Can Retry, Max Retries: the retry failed, and the operation with it', async () => {
    const last = Object.assign(new Error('the last'), { code: 'ECONNRESET' });
    const work = answering(RESET, RESET, last);
    const result = expect(bind().run(work, 'SELECT 1')).rejects.toBe(last);
    await clock.advance(1_000);
    await result;
    expect(recorded.calls).toEqual([
      'database.query attempt',
      'database.query try failed ECONNRESET',
      'database.query try failed ECONNRESET',
      'database.query try failed ECONNRESET',
      'database.query outcome retry-failed after 3',
      'database.query failure ECONNRESET',
    ]);
  });

  it('Can Retry, Max Retries, Fallback Available: the alternative result', async () => {
    const work = answering(RESET, RESET, RESET);
    const result = bind({ idempotent: true, fallback: () => 'older rows' }).run(work, 'SELECT 1');
    await clock.advance(1_000);
    expect(await result).toBe('older rows');
    expect(recorded.calls.slice(-2)).toEqual([
      'database.query outcome using-fallback after 3',
      'database.query success',
    ]);
  });

  it('Cannot Retry, Fallback Available: using the fallback, the alternative result', async () => {
    const fallback = vi.fn<(error: unknown, sql: string) => string>(() => 'older rows');
    expect(await bind({ fallback }).run(answering(RESET), 'INSERT')).toBe('older rows');
    expect(fallback).toHaveBeenCalledWith(RESET, 'INSERT');
    expect(recorded.calls).toEqual([
      'database.query attempt',
      'database.query try failed ECONNRESET',
      'database.query fallback answered',
      'database.query outcome using-fallback after 1',
      'database.query success',
    ]);
  });

  it('Cannot Retry, No Fallback: no recovery possible, the operation fails', async () => {
    const work = answering(RESET);
    await expect(bind({}).run(work, 'INSERT')).rejects.toBe(RESET);
    expect(work).toHaveBeenCalledTimes(1);
    expect(recorded.calls).toEqual([
      'database.query attempt',
      'database.query try failed ECONNRESET',
      'database.query outcome no-recovery-possible after 1',
      'database.query failure ECONNRESET',
    ]);
  });

  it('Cannot Retry, and the fallback fails: the original error', async () => {
    const fallback = (): Promise<string> => Promise.reject(new Error('no older rows'));
    await expect(bind({ fallback }).run(answering(RESET), 'INSERT')).rejects.toBe(RESET);
    expect(recorded.calls.slice(-2)).toEqual([
      'database.query outcome no-recovery-possible after 1',
      'database.query failure ECONNRESET',
    ]);
  });

  it('the Status Manager records every outcome, and how long a recovery took', async () => {
    const module = await Test.createTestingModule({
      imports: [StatusModule.forRoot(), ResourceModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    const app = await module.init();
    const query = app
      .get(Operations, { strict: false })
      .of({ name: 'database' })
      .bind<string, string>('query', { idempotent: true });
    const recovered = query.run(answering(RESET, 'rows'), 'SELECT 1');
    const failed = expect(query.run(answering(RESET, RESET, RESET), 'SELECT 1')).rejects.toBe(
      RESET,
    );
    await clock.advance(1_000);
    expect(await recovered).toBe('rows');
    await failed;
    const status = app.get(StatusManager);
    expect(status.operationStatus('database', 'query')).toEqual({
      resource: 'database',
      operation: 'query',
      attempts: 2,
      successes: 1,
      failures: 1,
      rejections: 0,
      cancellations: 0,
      active: 0,
    });
    expect(query.status()).toEqual(status.operationStatus('database', 'query'));
    const { errors, times } = status.bind('database', 'query');
    expect(errors.lastRecoveryMs).toBe(25);
    expect(errors.types).toEqual({ ECONNRESET: 1 });
    expect(times.failures).toBe(1);
    await app.close();
  });
});
