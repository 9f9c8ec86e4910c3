import { Logger } from '@nestjs/common';
import { SystemClock } from 'nestjs-mainstay/common';
import { FakeDatabase } from 'nestjs-mainstay/testing/database';
import { Column, Entity, PrimaryGeneratedColumn, type EntitySubscriberInterface } from 'typeorm';
import type { AfterQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { afterEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { afterCommit, afterRollback } from './after-transaction.js';
import type { SqliteDatabaseEngine } from '../sqlite/sqlite-engine.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

type Subscriber = new () => EntitySubscriberInterface;

const isCommit = (event: AfterQueryEvent): boolean => event.query === 'COMMIT';

class RejectsAfterQuery implements EntitySubscriberInterface {
  afterQuery(): Promise<void> {
    return Promise.reject(new Error('the observer rejected'));
  }
}

class ThrowsAfterCommit implements EntitySubscriberInterface {
  afterQuery(event: AfterQueryEvent): void {
    if (isCommit(event)) throw new Error('the observer threw');
  }
}

class NeverEndsAfterQuery implements EntitySubscriberInterface {
  afterQuery(): Promise<void> {
    return new Promise(() => undefined);
  }
}

class FailsAfterTransactionCommit implements EntitySubscriberInterface {
  afterTransactionCommit(): Promise<void> {
    return Promise.reject(new Error('the subscriber failed'));
  }
}

class NeverEndsAfterTransactionCommit implements EntitySubscriberInterface {
  afterTransactionCommit(): Promise<void> {
    return new Promise(() => undefined);
  }
}

class RefusesCommit implements EntitySubscriberInterface {
  beforeTransactionCommit(): Promise<void> {
    return Promise.reject(new Error('refused'));
  }
}

class HoldsUpCommit implements EntitySubscriberInterface {
  static letPass = (): void => undefined;

  beforeTransactionCommit(): Promise<void> {
    return new Promise((resolve) => (HoldsUpCommit.letPass = resolve));
  }
}

class FailsAfterTransactionRollback implements EntitySubscriberInterface {
  afterTransactionRollback(): Promise<void> {
    return Promise.reject(new Error('the subscriber failed'));
  }
}

const clock = new SystemClock();
const TIMEOUT_MS = 60;

describe('the outcome of a transaction', () => {
  let database: FakeDatabase;
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;

  const open = async (...subscribers: Subscriber[]): Promise<void> => {
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    database = await FakeDatabase.open({
      entities: [Note],
      config: { transactionTimeout: TIMEOUT_MS },
    });
    for (const subscriber of subscribers) database.dataSource.subscribers.push(new subscriber());
  };
  const texts = async (): Promise<string[]> =>
    (await database.repository(Note).find({ order: { text: 'ASC' } })).map(({ text }) => text);
  const write = (): Promise<Note> => database.repository(Note).save({ text: 'kept' });

  afterEach(async () => {
    await database.close();
    vi.restoreAllMocks();
  });

  it.each<[string, Subscriber]>([
    ['rejects after each query', RejectsAfterQuery],
    ['throws after the COMMIT', ThrowsAfterCommit],
    ['never ends after a query', NeverEndsAfterQuery],
    ['fails after the commit', FailsAfterTransactionCommit],
    ['never ends after the commit', NeverEndsAfterTransactionCommit],
  ])('database rule 9: a subscriber that %s does not undo a commit', async (_what, subscriber) => {
    await open(subscriber);
    const hooks: string[] = [];
    const result = await database.transactions.run(async () => {
      afterCommit(() => void hooks.push('committed'));
      afterRollback(() => void hooks.push('rolled back'));
      await write();
      return 'result';
    });
    expect({ result, hooks }).toEqual({ result: 'result', hooks: ['committed'] });
    expect(await texts()).toEqual(['kept']);
    expect((database.dataSource.engine as SqliteDatabaseEngine).gate.heldMs).toBeUndefined();
  });

  it.each<[string, Subscriber]>([
    ['rejects after each query', RejectsAfterQuery],
    ['throws after the COMMIT', ThrowsAfterCommit],
    ['never ends after a query', NeverEndsAfterQuery],
    ['fails after the commit', FailsAfterTransactionCommit],
    ['never ends after the commit', NeverEndsAfterTransactionCommit],
  ])(
    'database rule 9: nor one of a repository, if the subscriber %s',
    async (_what, subscriber) => {
      await open(subscriber);
      await expect(write()).resolves.toMatchObject({ text: 'kept' });
      const runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.save(Note, { text: 'kept too' });
      await runner.commitTransaction();
      expect(runner.isTransactionActive).toBe(false);
      await runner.release();
      expect(await texts()).toEqual(['kept', 'kept too']);
    },
  );

  it('database rule 5: what observers fail with is logged, not thrown', async () => {
    await open(RejectsAfterQuery);
    await expect(database.service.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await clock.yield();
    expect(logged).toHaveBeenCalledWith(
      expect.stringContaining('the observer rejected'),
      expect.anything(),
    );
  });

  it('database rule 9: an interceptor that throws after the commit does not undo it', async () => {
    await open();
    const { operations } = database.dataSource;
    const original = operations.transaction.bind(operations);
    vi.spyOn(operations, 'transaction').mockImplementation(async (work) => {
      await original(work);
      throw new Error('the interceptor threw');
    });
    const hooks: string[] = [];
    const result = await database.transactions.run(async () => {
      afterCommit(() => void hooks.push('committed'));
      await write();
      return 'result';
    });
    expect({ result, hooks }).toEqual({ result: 'result', hooks: ['committed'] });
    await expect(
      database.transactions.run(() => Promise.reject(new Error('roll back'))),
    ).rejects.toThrow('the interceptor threw');
  });

  it('a subscriber may still refuse the commit before it is sent', async () => {
    await open(RefusesCommit);
    await expect(database.transactions.run(write)).rejects.toThrow('refused');
    expect(await texts()).toEqual([]);
  });

  it('database rule 3: a subscriber that holds up the COMMIT beyond the deadline: rolled back, and said so', async () => {
    await open(HoldsUpCommit);
    const hooks: string[] = [];
    const work = database.transactions.run(async () => {
      afterCommit(() => void hooks.push('committed'));
      afterRollback(() => void hooks.push('rolled back'));
      await write();
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT' });
    expect(hooks).toEqual(['rolled back']);
    database.dataSource.subscribers.length = 0;
    HoldsUpCommit.letPass();
    await clock.yield();
    expect(await texts()).toEqual([]);
  });

  it('a subscriber that fails after a rollback does not mask its reason', async () => {
    await open(FailsAfterTransactionRollback);
    await write();
    await expect(write()).rejects.toMatchObject({
      driverError: { code: 'SQLITE_CONSTRAINT_UNIQUE' },
    });
  });

  it('database rule 3: hooks that never end keep nobody waiting, and the others run', async () => {
    await open();
    const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const hooks: string[] = [];
    await database.transactions.run(async () => {
      afterCommit(() => new Promise(() => undefined));
      afterCommit(() => void hooks.push('second'));
      await write();
    });
    expect(hooks).toEqual(['second']);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('no longer waited for'));
  });

  it('database rule 11: a logger that throws changes nothing', async () => {
    await open(RejectsAfterQuery);
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    logged.mockImplementation(() => {
      throw new Error('a broken transport');
    });
    const seen: string[] = [];
    await database.transactions.run(async () => {
      afterCommit(() => Promise.reject(new Error('the mail server is away')));
      afterCommit(() => void seen.push('second'));
      await write();
    });
    expect(seen).toEqual(['second']);
    expect(await texts()).toEqual(['kept']);
  });

  it('database rule 5: nor does a query logger that throws', async () => {
    const broken = (): never => {
      throw new Error('a broken query logger');
    };
    const logger = {
      logQuery: broken,
      logQueryError: () => Promise.reject(new Error('a broken query logger')),
      logQuerySlow: broken,
      logSchemaBuild: broken,
      logMigration: broken,
      log: broken,
    };
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    database = await FakeDatabase.open({
      entities: [Note],
      typeorm: { logger, logging: true, maxQueryExecutionTime: 1e-9 },
    });
    await database.transactions.run(write);
    await expect(write()).rejects.toMatchObject({
      driverError: { code: 'SQLITE_CONSTRAINT_UNIQUE' },
    });
    expect(await texts()).toEqual(['kept']);
  });

  it('database rule 15: an error that cannot be read is what the caller gets', async () => {
    await open();
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('a getter that throws');
      },
    });
    const hooks: string[] = [];
    const work = database.transactions.run(async () => {
      afterRollback(() => void hooks.push('rolled back'));
      await write();
      throw hostile;
    });
    const [result] = await Promise.allSettled([work]);
    expect(Object.is((result as PromiseRejectedResult).reason, hostile)).toBe(true);
    expect(hooks).toEqual(['rolled back']);
    expect(await texts()).toEqual([]);
  });
});
