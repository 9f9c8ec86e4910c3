import { Logger } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { EntityManager } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DATABASE_PIPELINE, DatabaseOperations } from '../database-operations.js';
import type { TransactionHost } from './transaction-host.js';
import type { TransactionRunner } from './transaction-runner.js';
import { TransactionUnit } from './transaction-unit.js';

/** A runner of an engine whose COMMIT travels. */
class SlowRunner implements TransactionRunner {
  readonly failure = undefined;
  isCommitSent = false;
  announced: Promise<void> = Promise.resolve();
  readonly calls: string[] = [];
  answer: (error?: Error) => void = () => undefined;

  async begin(): Promise<void> {
    this.calls.push('begin');
  }

  async control(): Promise<void> {}

  commit(): Promise<void> {
    this.isCommitSent = true;
    this.calls.push('commit');
    return new Promise((resolve, reject) => {
      this.answer = (error) => (error ? reject(error) : resolve());
    });
  }

  abort(): void {
    this.calls.push('abort');
  }

  async release(): Promise<void> {
    this.calls.push('release');
  }
}

function setUp() {
  const clock = new FakeClock();
  const runner = new SlowRunner();
  const operations = new Operations(clock).of({ name: 'database' }, DATABASE_PIPELINE);
  const manager = Object.create(EntityManager.prototype) as EntityManager;
  const host: TransactionHost = {
    name: 'database',
    clock,
    operations: new DatabaseOperations(operations),
    turnTimeoutMs: 3_000,
    hasManyConnections: false,
    transactionTimeoutMs: 60_000,
    manager,
    createTransactionRunner: () => runner,
    createScopedManager: () => manager,
  };
  const run = (): Promise<string> =>
    new TransactionUnit<string>(host, 1, {}).run(() => Promise.resolve('result'));
  return { clock, runner, run };
}

describe('TransactionUnit', () => {
  afterEach(() => vi.restoreAllMocks());

  it('database rule 9: the deadline does not call a transaction rolled back whose COMMIT was sent', async () => {
    const { clock, runner, run } = setUp();
    const result = run();
    await clock.advance(61_000);
    expect(runner.calls).toEqual(['begin', 'commit']);
    runner.answer();
    await expect(result).resolves.toBe('result');
    expect(runner.calls).toEqual(['begin', 'commit', 'release']);
    expect(clock.pending.all).toBe(0);
  });

  it('a COMMIT that the engine refuses is what the caller gets', async () => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { clock, runner, run } = setUp();
    const result = run();
    await clock.settle();
    const error = new Error('refused');
    runner.answer(error);
    await expect(result).rejects.toBe(error);
    expect(runner.calls).toEqual(['begin', 'commit', 'abort', 'release']);
  });

  it('database rule 3: the connection goes back although subscribers never end', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { clock, runner, run } = setUp();
    runner.announced = new Promise(() => undefined);
    const result = run();
    await clock.settle();
    runner.answer();
    await clock.advance(59_999);
    expect(runner.calls).not.toContain('release');
    await clock.advance(1);
    await expect(result).resolves.toBe('result');
    expect(runner.calls).toContain('release');
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('a connection that cannot be given back does not undo the commit', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { clock, runner, run } = setUp();
    runner.release = () => Promise.reject(new Error('release'));
    const result = run();
    await clock.settle();
    runner.answer();
    await expect(result).resolves.toBe('result');
    expect(logged).toHaveBeenCalledTimes(1);
  });
});
