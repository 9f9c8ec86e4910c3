import { Test, type TestingModule } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker } from 'nestjs-mainstay/resilience';
import { Operations, type ResourceOperations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { DatabaseTestModule } from 'nestjs-mainstay/testing/database';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseService } from './database.service.js';
import type { SqliteDatabaseEngine } from './sqlite/sqlite-engine.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

const INSERT = 'INSERT INTO note (text) VALUES (?)';

describe('DatabaseService', () => {
  const recorded = new RecordedCalls();
  let clock: FakeClock;
  let app: TestingModule;
  let database: DatabaseService;
  let notes: Repository<Note>;

  beforeEach(async () => {
    clock = new FakeClock();
    app = await Test.createTestingModule({
      imports: [recorded.asModule(), DatabaseTestModule.forRoot({ entities: [Note] })],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    database = app.get(DatabaseService);
    notes = database.dataSource.getRepository(Note);
    recorded.clear();
  });

  afterEach(() => app.close());

  const counted = (): string[] => recorded.calls.filter((call) => !/ (?:try|outcome) /.test(call));
  const texts = async (): Promise<unknown> =>
    (await notes.find({ order: { id: 'ASC' } })).map(({ text }) => text);

  it('database rule 21: query gives its result, recorded as attempt and success', async () => {
    await expect(database.query('SELECT ? AS a', [1])).resolves.toEqual([{ a: 1 }]);
    expect(counted()).toEqual(['database.query attempt', 'database.query success']);
  });

  it('database rule 21: query throws its error, recorded as attempt and failure', async () => {
    await expect(database.query('SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 'DATABASE_INVALID_STATEMENT',
      driverCode: 'SQLITE_ERROR',
    });
    expect(counted()).toEqual(['database.query attempt', 'database.query failure SQLITE_ERROR']);
  });

  it.each([0, -1, NaN, Infinity, 2_147_483_648, '5s' as never])(
    'refuses %s as a timeoutMs, of a query and of a transaction: nothing is sent',
    async (timeoutMs) => {
      const refusal = {
        name: 'InvalidTimeoutError',
        code: 'DATABASE_INVALID_OPTION',
        outcome: 'not-sent',
        retryable: false,
        message: expect.stringContaining('Use a number of milliseconds above 0'),
      };
      await expect(database.query(INSERT, ['a'], { timeoutMs })).rejects.toMatchObject(refusal);
      const work = vi.fn<() => void>();
      await expect(database.transaction(work, { timeoutMs })).rejects.toMatchObject(refusal);
      expect(work).not.toHaveBeenCalled();
      expect(await texts()).toEqual([]);
    },
  );

  it('a query with a time that is none takes its transaction back, as any query that fails', async () => {
    const work = database.transaction(async () => {
      await notes.insert({ text: 'a' });
      await database.query(INSERT, ['b'], { timeoutMs: 0 }).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNEXPECTED_ROLLBACK' });
    expect(await texts()).toEqual([]);
  });

  it('a time that is a fraction of a millisecond is one', async () => {
    await expect(database.query('SELECT 1 AS a', [], { timeoutMs: 0.5 })).resolves.toEqual([
      { a: 1 },
    ]);
  });

  it('database rule 21: a failed query rolls its transaction back, though the error is caught', async () => {
    const work = database.transaction(async () => {
      await database.query(INSERT, ['x']);
      await database.query(INSERT, ['x']).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({
      code: 'DATABASE_UNEXPECTED_ROLLBACK',
      classification: { kind: 'permanent', reason: 'conflict' },
      cause: { code: 'DATABASE_UNIQUE' },
    });
    expect(await texts()).toEqual([]);
    expect(recorded.of('database.transaction failure')).toHaveLength(1);
  });

  it('database rule 14: a write in a readOnly transaction is a mistake of the caller, not of the database', async () => {
    for (let call = 0; call < 12; call++) {
      const write = database.transaction(() => database.query(INSERT, ['x']), { readOnly: true });
      await expect(write).rejects.toMatchObject({
        code: 'DATABASE_READ_ONLY_TRANSACTION',
        driverCode: 'SQLITE_READONLY',
        classification: { kind: 'permanent', reason: 'validation', type: 'READ_ONLY_TRANSACTION' },
        retryable: false,
        outcome: 'rolled-back',
      });
    }
    await database.query(INSERT, ['y']);
    expect(await texts()).toEqual(['y']);
  });

  it('database rule 21: inside NESTED a failed query rolls back to the savepoint only', async () => {
    await database.transaction(async () => {
      await database.query(INSERT, ['x']);
      const nested = database.transaction(
        async () => {
          await database.query(INSERT, ['y']);
          await database.query(INSERT, ['x']);
        },
        { propagation: 'NESTED' },
      );
      await expect(nested).rejects.toMatchObject({ kind: 'unique' });
      await database.query(INSERT, ['z']);
    });
    expect(await texts()).toEqual(['x', 'z']);
  });

  it('database rule 21: a query that nobody awaits and that fails rolls its transaction back', async () => {
    let unawaited: Promise<unknown> | undefined;
    const work = database.transaction(async () => {
      await database.query(INSERT, ['x']);
      unawaited = database.query(INSERT, ['x']).catch(() => undefined);
      return 'done';
    });
    await expect(work).rejects.toMatchObject({
      code: 'DATABASE_UNEXPECTED_ROLLBACK',
      cause: { code: 'DATABASE_UNIQUE' },
    });
    await unawaited;
    expect(await texts()).toEqual([]);
  });

  it('database rule 21: inside NESTED it rolls back to the savepoint only', async () => {
    await database.transaction(async () => {
      await database.query(INSERT, ['x']);
      const nested = database.transaction(
        async () => {
          await database.query(INSERT, ['y']);
          database.query(INSERT, ['x']).catch(() => undefined);
          database.query(INSERT, ['not sent']).catch(() => undefined);
        },
        { propagation: 'NESTED' },
      );
      await expect(nested).rejects.toMatchObject({ code: 'DATABASE_UNEXPECTED_ROLLBACK' });
      await database.query(INSERT, ['z']);
    });
    expect(await texts()).toEqual(['x', 'z']);
  });

  it('database rule 10: queries that nobody awaits are sent before the commit, however many', async () => {
    const unawaited: Promise<unknown>[] = [];
    await database.transaction(async () => {
      for (const text of ['a', 'b', 'c']) unawaited.push(database.query(INSERT, [text]));
      unawaited.push(database.dataSource.query(INSERT, ['d']));
    });
    await Promise.all(unawaited);
    expect(await texts()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('database rule 10: also those that an interceptor holds up', async () => {
    const { operations } = database.dataSource;
    const original = { query: operations.query, statement: operations.statement };
    vi.spyOn(operations, 'query').mockImplementation(async (...args) => {
      await clock.yield();
      return original.query.apply(operations, args);
    });
    vi.spyOn(operations, 'statement').mockImplementation(async (...args) => {
      await clock.yield();
      return original.statement.apply(operations, args);
    });
    const unawaited: Promise<unknown>[] = [];
    await database.transaction(async () => {
      unawaited.push(database.query(INSERT, ['a']), database.dataSource.query(INSERT, ['b']));
    });
    await Promise.all(unawaited);
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('database rule 10: a query that comes after the end is refused, recorded, and dooms nothing', async () => {
    let late: Promise<unknown> | undefined;
    await database.transaction(async () => {
      await database.query(INSERT, ['x']);
      late = clock.yield().then(() => database.query(INSERT, ['late']));
      late.catch(() => undefined);
    });
    await expect(late).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_FINISHED' });
    expect(recorded.of('database.query failure')).toEqual([
      'database.query failure TRANSACTION_FINISHED',
    ]);
    expect(await texts()).toEqual(['x']);
  });

  it('database rule 21: a repository that fails dooms nothing, as its engine has it', async () => {
    await database.transaction(async () => {
      await notes.insert({ text: 'x' });
      await notes.insert({ text: 'x' }).catch(() => undefined);
      await notes.insert({ text: 'y' });
    });
    expect(await texts()).toEqual(['x', 'y']);
  });

  it('database rule 5: statements of repositories are seen, and none is counted twice', async () => {
    await notes.find();
    await database.transaction(async () => {
      await database.query(INSERT, ['x']);
      await notes.insert({ text: 'y' });
    });
    expect(counted()).toEqual([
      'database.statement attempt',
      'database.statement success',
      'database.transaction attempt',
      'database.query attempt',
      'database.query success',
      'database.statement attempt',
      'database.statement success',
      'database.transaction success',
    ]);
  });

  it('a rollback that the work asks for by its own error is no failure of the database', async () => {
    const error = new Error('not enough money');
    await expect(database.transaction(() => Promise.reject(error))).rejects.toBe(error);
    expect(counted()).toEqual(['database.transaction attempt', 'database.transaction success']);
  });

  it('database rule 15: parameters are never in messages, nor in the cause', async () => {
    await database.query(INSERT, ['hunter2']);
    const error = await database.query(INSERT, ['hunter2']).catch((reason: unknown) => reason);
    const { cause, message, stack } = error as Error;
    expect(message).toContain('UNIQUE constraint failed: note.text');
    expect(JSON.stringify([message, stack, cause, Object.entries(cause as Error)])).not.toContain(
      'hunter2',
    );
    expect(error).toMatchObject({
      dataSource: 'database',
      outcome: 'rolled-back',
      retryable: false,
    });
  });

  it.each([
    ['too few parameters', INSERT, []],
    ['a parameter that cannot be bound', INSERT, [new Date()]],
    ['two statements in one', 'DELETE FROM note; DELETE FROM note', []],
  ])('database rule 15: %s is a mistake of the caller', async (_name, sql, parameters) => {
    await expect(database.query(sql, parameters)).rejects.toMatchObject({
      code: 'DATABASE_INVALID_STATEMENT',
      classification: { kind: 'permanent', reason: 'validation' },
    });
  });

  /** Opens the breaker and waits until it is half-open. */
  const failUntilHalfOpen = async (): Promise<void> => {
    const { breaker } = app.get(Operations).find('database') as ResourceOperations;
    const permit = (breaker as CircuitBreaker).admit();
    for (let call = 0; call < 10; call++) breaker?.recordFailure(permit);
    expect(breaker?.state).toBe('open');
    await clock.advance(6_000);
  };

  it('database rule 14: half-open, statements of a transaction need no permits beside its own', async () => {
    await failUntilHalfOpen();
    const unit = (index: number): Promise<void> =>
      database.transaction(async () => {
        await notes.save({ text: `${index} repository` });
        await clock.yield();
        await database.query(INSERT, [`${index} query`]);
      });
    const settled = await Promise.allSettled([unit(1), unit(2), unit(3)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await expect(unit(4)).resolves.toBeUndefined();
    expect(await notes.count()).toBe(8);
    expect(recorded.of('database.statement attempt').length).toBeGreaterThan(0);
    expect(recorded.of('database.query attempt')).toHaveLength(4);
  });

  it('database rule 14: half-open, a repository that has begun to save ends it', async () => {
    await failUntilHalfOpen();
    const saves = [1, 2, 3].map((index) => notes.save({ text: `${index}` }));
    const settled = await Promise.allSettled(saves);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await texts()).toHaveLength(3);
  });

  it('gives up waiting when the signal aborts', async () => {
    const controller = new AbortController();
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    const query = database.query('SELECT 1', [], { signal: controller.signal });
    controller.abort();
    await expect(query).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await runner.commitTransaction();
    await runner.release();
    expect((database.dataSource.engine as SqliteDatabaseEngine).gate.heldMs).toBeUndefined();
  });

  it('waits as long as the call says', async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    const waiting = expect(database.query('SELECT 1', [], { timeoutMs: 20 })).rejects.toMatchObject(
      {
        code: 'DATABASE_POOL_TIMEOUT',
        context: { waitedMs: 20 },
      },
    );
    await clock.advance(20);
    await waiting;
    await runner.rollbackTransaction();
    await runner.release();
  });

  it('database rule 16: a full queue does not open the breaker of a database that serves', async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    const waiting = Array.from({ length: 12 }, () =>
      database.query('SELECT 1', [], { timeoutMs: 20 }),
    );
    const settled = Promise.allSettled(waiting);
    await clock.advance(20);
    for (const result of await settled) {
      expect(result).toMatchObject({ reason: { code: 'DATABASE_POOL_TIMEOUT' } });
    }
    await runner.rollbackTransaction();
    await runner.release();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
