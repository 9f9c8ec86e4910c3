import { SystemClock } from 'nestjs-mainstay/common';
import { FakeDatabase } from 'nestjs-mainstay/testing/database';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { afterCommit, afterRollback } from './after-transaction.js';
import type { SqliteDatabaseEngine } from '../sqlite/sqlite-engine.js';
import type { TransactionManager } from './transaction-manager.js';
import type { Propagation } from './transaction.options.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

const clock = new SystemClock();
const turn = (): Promise<void> => clock.yield();

describe('TransactionManager', () => {
  let database: FakeDatabase;
  let notes: Repository<Note>;
  let transactions: TransactionManager;

  beforeEach(async () => {
    database = await FakeDatabase.open({ entities: [Note] });
    notes = database.repository(Note);
    ({ transactions } = database);
  });

  afterEach(() => database.close());

  const texts = async (): Promise<string[]> =>
    (await notes.find({ order: { id: 'ASC' } })).map(({ text }) => text);
  const fail = async (text: string): Promise<never> => {
    await notes.save({ text });
    throw new Error(`${text} failed`);
  };

  describe('ambient transactions', () => {
    it('database rule 7: repositories, builders, dataSource.query and managers take part, reads too', async () => {
      const work = transactions.run(async (manager) => {
        await notes.save({ text: 'repository' });
        await notes.createQueryBuilder().insert().values({ text: 'builder' }).execute();
        await database.dataSource.query("INSERT INTO note (text) VALUES ('raw')");
        await database.dataSource.manager.insert(Note, { text: 'data source manager' });
        await manager.insert(Note, { text: 'manager' });
        expect(await notes.count()).toBe(5);
        throw new Error('roll back');
      });
      await expect(work).rejects.toThrow('roll back');
      expect(await texts()).toEqual([]);
    });

    it('database rule 7: injected repositories take part in dataSource.transaction as well', async () => {
      const work = database.dataSource.transaction(async () => {
        await notes.save({ text: 'x' });
        throw new Error('roll back');
      });
      await expect(work).rejects.toThrow('roll back');
      expect(await texts()).toEqual([]);
    });

    it('commits when the work ends, and gives its result', async () => {
      await expect(transactions.run(() => notes.save({ text: 'x' }))).resolves.toMatchObject({
        text: 'x',
      });
      expect(await texts()).toEqual(['x']);
    });

    it('does not leak into work beside it', async () => {
      const inside = transactions.run(async () => {
        await notes.save({ text: 'inside' });
        await turn();
        expect(transactions.checkTransaction()).toBeDefined();
        throw new Error('roll back');
      });
      expect(transactions.checkTransaction()).toBeUndefined();
      const outside = notes.save({ text: 'outside' });
      await expect(inside).rejects.toThrow('roll back');
      await outside;
      expect(await texts()).toEqual(['outside']);
    });

    it('checkTransaction tells about the active transaction', async () => {
      await transactions.run(async () => {
        expect(transactions.checkTransaction()).toMatchObject({ depth: 1, isRolledBack: false });
        await transactions.run(
          async () => expect(transactions.checkTransaction()).toMatchObject({ depth: 2 }),
          { propagation: 'NESTED' },
        );
      });
    });

    it('does not take what SQL by hand would do to the transaction', async () => {
      const commit = transactions.run(async () => {
        await notes.save({ text: 'x' });
        await database.dataSource.query('COMMIT');
      });
      await expect(commit).rejects.toThrow('by hand');
      expect(await texts()).toEqual([]);
    });

    it('rolls back on request', async () => {
      const work = transactions.run(async () => {
        await notes.save({ text: 'x' });
        await transactions.rollback(new Error('changed my mind'));
        expect(transactions.checkTransaction()).toMatchObject({ isRolledBack: true });
      });
      await expect(work).rejects.toMatchObject({
        code: 'DATABASE_UNEXPECTED_ROLLBACK',
        cause: { message: 'changed my mind' },
      });
      expect(await texts()).toEqual([]);
      await expect(transactions.rollback()).rejects.toMatchObject({ code: 'DATABASE_PROPAGATION' });
    });
  });

  describe('propagation', () => {
    it('database rule 8: REQUIRED joins, and a participant that fails takes the whole with it', async () => {
      const work = transactions.run(async () => {
        await notes.save({ text: 'outer' });
        await transactions.run(() => fail('inner')).catch(() => undefined);
      });
      await expect(work).rejects.toMatchObject({
        code: 'DATABASE_UNEXPECTED_ROLLBACK',
        outcome: 'rolled-back',
        cause: { message: 'inner failed' },
      });
      expect(await texts()).toEqual([]);
    });

    it('database rule 9: nothing is sent on a failed transaction; the first cause is kept', async () => {
      const work = transactions.run(async () => {
        await transactions.run(() => fail('inner')).catch(() => undefined);
        await notes.save({ text: 'late' });
      });
      await expect(work).rejects.toMatchObject({
        code: 'DATABASE_TRANSACTION_ABORTED',
        cause: { message: 'inner failed' },
      });
      expect(await texts()).toEqual([]);
    });

    it('database rule 8: NESTED fails alone', async () => {
      await transactions.run(async () => {
        await notes.save({ text: 'before' });
        await expect(
          transactions.run(() => fail('inner'), { propagation: 'NESTED' }),
        ).rejects.toThrow('inner failed');
        await transactions.run(() => notes.save({ text: 'second' }), { propagation: 'NESTED' });
        await notes.save({ text: 'after' });
      });
      expect(await texts()).toEqual(['before', 'second', 'after']);
    });

    it('database rule 8: NESTED commits with the outer one only', async () => {
      const work = transactions.run(async () => {
        await transactions.run(() => notes.save({ text: 'x' }), { propagation: 'NESTED' });
        throw new Error('roll back');
      });
      await expect(work).rejects.toThrow('roll back');
      expect(await texts()).toEqual([]);
    });

    it.each<Propagation>(['REQUIRED', 'REQUIRES_NEW', 'NESTED'])(
      'database rule 8: %s begins one where there is none',
      async (propagation) => {
        await expect(transactions.run(() => fail('x'), { propagation })).rejects.toThrow(
          'x failed',
        );
        expect(await texts()).toEqual([]);
      },
    );

    it.each<Propagation>(['SUPPORTS', 'NOT_SUPPORTED', 'NEVER'])(
      'database rule 8: %s runs without one where there is none',
      async (propagation) => {
        await expect(transactions.run(() => fail('x'), { propagation })).rejects.toThrow(
          'x failed',
        );
        expect(await texts()).toEqual(['x']);
      },
    );

    it.each<Propagation>(['SUPPORTS', 'MANDATORY'])(
      'database rule 8: %s joins',
      async (propagation) => {
        const work = transactions.run(async () => {
          await transactions.run(() => notes.save({ text: 'x' }), { propagation });
          throw new Error('roll back');
        });
        await expect(work).rejects.toThrow('roll back');
        expect(await texts()).toEqual([]);
      },
    );

    it('database rule 8: MANDATORY throws without one', async () => {
      await expect(
        transactions.run(() => fail('x'), { propagation: 'MANDATORY' }),
      ).rejects.toMatchObject({ code: 'DATABASE_PROPAGATION' });
    });

    it.each<Propagation>(['REQUIRES_NEW', 'NOT_SUPPORTED', 'NEVER'])(
      'database rule 8: %s is refused inside one where it would wait for itself, and harms nothing',
      async (propagation) => {
        await transactions.run(async () => {
          await notes.save({ text: 'outer' });
          await expect(
            transactions.run(() => notes.save({ text: 'inner' }), { propagation }),
          ).rejects.toMatchObject({ code: 'DATABASE_PROPAGATION' });
        });
        expect(await texts()).toEqual(['outer']);
      },
    );

    it('database rule 8: readOnly writes nothing, and only there', async () => {
      const write = transactions.run(() => notes.save({ text: 'x' }), { readOnly: true });
      await expect(write).rejects.toMatchObject({ driverError: { code: 'SQLITE_READONLY' } });
      const pragma = transactions.run((manager) => manager.query('PRAGMA user_version = 7'), {
        readOnly: true,
      });
      await expect(pragma).rejects.toMatchObject({ driverError: { code: 'SQLITE_READONLY' } });
      await notes.save({ text: 'y' });
      expect(await transactions.run(() => texts(), { readOnly: true })).toEqual(['y']);
    });
  });

  describe('order and time', () => {
    it('database rule 10: NESTED parts that begin together run one after the other', async () => {
      const part = (text: string, fails: boolean): Promise<unknown> =>
        transactions.run(
          async () => {
            await notes.save({ text: `${text} 1` });
            await turn();
            if (fails) throw new Error(`${text} failed`);
            await notes.save({ text: `${text} 2` });
          },
          { propagation: 'NESTED' },
        );
      const settled = await transactions.run(() =>
        Promise.allSettled([part('a', false), part('b', true), part('c', false)]),
      );
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await texts()).toEqual(['a 1', 'a 2', 'c 1', 'c 2']);
    });

    it('database rule 10: statements that nobody awaits are sent before the commit', async () => {
      let unawaited: Promise<unknown> | undefined;
      await transactions.run(async () => {
        await notes.save({ text: 'x' });
        unawaited = database.dataSource.query("INSERT INTO note (text) VALUES ('y')");
      });
      await unawaited;
      expect(await texts()).toEqual(['x', 'y']);
    });

    it('database rule 10: statements that come after the end are refused', async () => {
      let late: Promise<unknown> | undefined;
      await transactions.run(async () => {
        late = turn()
          .then(turn)
          .then(() => notes.save({ text: 'late' }));
        late.catch(() => undefined);
      });
      await expect(late).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_FINISHED' });
      expect(await texts()).toEqual([]);
    });

    it('a transaction that begins in late work is one of its own', async () => {
      let late: Promise<unknown> | undefined;
      await transactions.run(async () => {
        late = turn().then(() => transactions.run(() => notes.save({ text: 'own' })));
      });
      await late;
      expect(await texts()).toEqual(['own']);
    });

    it.each([
      ['an abort', undefined],
      ['an abort with a reason of its own', new Error('the client is gone')],
    ])('database rule 3: %s ends the wait for the connection at once', async (_what, reason) => {
      const holder = database.dataSource.createQueryRunner();
      await holder.startTransaction();
      const controller = new AbortController();
      const work = vi.fn<() => void>();
      const waiting = expect(
        transactions.run(work, { signal: controller.signal, isolation: 'SERIALIZABLE' }),
      ).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
        ...(reason && { cause: { message: reason.message } }),
      });
      await vi.waitFor(() =>
        expect((database.dataSource.engine as SqliteDatabaseEngine).gate.waiting).toBe(1),
      );
      controller.abort(reason);
      await turn();
      expect((database.dataSource.engine as SqliteDatabaseEngine).gate.waiting).toBe(0);
      await waiting;
      await holder.commitTransaction();
      await holder.release();
      expect(work).not.toHaveBeenCalled();
      expect((database.dataSource.engine as SqliteDatabaseEngine).gate.heldMs).toBeUndefined();
    });

    it('a signal that aborts after the begin does not end the transaction', async () => {
      const controller = new AbortController();
      await transactions.run(
        async () => {
          controller.abort();
          await notes.save({ text: 'x' });
        },
        { signal: controller.signal },
      );
      expect(await texts()).toEqual(['x']);
    });

    it('database rule 3: a transaction that takes too long is rolled back and frees the connection', async () => {
      let resume = (): void => undefined;
      const paused = new Promise<void>((resolve) => (resume = resolve));
      let late: Promise<unknown> | undefined;
      const work = transactions.run(
        async () => {
          await notes.save({ text: 'gone' });
          await paused;
          late = notes.save({ text: 'late' });
          await late;
        },
        { timeoutMs: 50 },
      );
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT' });
      await notes.save({ text: 'next' });
      resume();
      await vi.waitFor(() => expect(late).toBeDefined());
      await expect(late).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_ABORTED' });
      expect(await texts()).toEqual(['next']);
    });

    it('database rule 10: a NESTED part that nobody awaits does not keep the outer one from its end', async () => {
      let nested: Promise<unknown> | undefined;
      await transactions.run(async () => {
        nested = transactions.run(
          async () => {
            await notes.save({ text: 'half' });
            await turn();
            await notes.save({ text: 'late' });
          },
          { propagation: 'NESTED' },
        );
        nested.catch(() => undefined);
      });
      await expect(nested).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_FINISHED' });
      expect(await texts()).toEqual([]);
    });

    it('manual savepoints of a runner inside a transaction fail alone', async () => {
      await transactions.run(async () => {
        const runner = database.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.manager.save(Note, { text: 'gone' });
        await runner.rollbackTransaction();
        await runner.release();
        await notes.save({ text: 'kept' });
      });
      expect(await texts()).toEqual(['kept']);
    });
  });

  describe('hooks', () => {
    it('database rule 11: run after the commit, in order, awaited, outside of the transaction', async () => {
      const seen: string[] = [];
      await transactions.run(async () => {
        afterCommit(async () => {
          await turn();
          seen.push(`first, ${(await texts()).join()}`);
        });
        afterCommit(() => {
          seen.push(`second, ${transactions.checkTransaction() ? 'inside' : 'outside'}`);
        });
        afterRollback(() => void seen.push('never'));
        await notes.save({ text: 'x' });
        expect(seen).toEqual([]);
      });
      expect(seen).toEqual(['first, x', 'second, outside']);
    });

    it('database rule 11: a hook that fails changes neither the result nor the other hooks', async () => {
      const seen: string[] = [];
      const result = await transactions.run(async () => {
        afterCommit(() => Promise.reject(new Error('the mail server is away')));
        afterCommit(() => void seen.push('second'));
        return 'result';
      });
      expect({ result, seen }).toEqual({ result: 'result', seen: ['second'] });
    });

    it('database rule 11: after a rollback only its hooks run, and the error stays', async () => {
      const seen: string[] = [];
      const work = transactions.run(async () => {
        afterCommit(() => void seen.push('commit'));
        afterRollback(() => void seen.push('rollback'));
        await fail('x');
      });
      await expect(work).rejects.toThrow('x failed');
      expect(seen).toEqual(['rollback']);
    });

    it('database rule 11: hooks of a savepoint that was rolled back are dropped', async () => {
      const seen: string[] = [];
      await transactions.run(async () => {
        await transactions
          .run(
            async () => {
              afterCommit(() => void seen.push('dropped'));
              afterRollback(() => void seen.push('rolled back'));
              await fail('x');
            },
            { propagation: 'NESTED' },
          )
          .catch(() => undefined);
        await transactions.run(async () => afterCommit(() => void seen.push('kept')), {
          propagation: 'NESTED',
        });
      });
      expect(seen).toEqual(['rolled back', 'kept']);
    });

    it('database rule 11: what comes after the end knows how it was', async () => {
      const seen: string[] = [];
      const late: Promise<void>[] = [];
      const registerLate = (name: string): void => {
        const register = async (): Promise<void> => {
          for (let turns = 0; turns < 5; turns++) await turn();
          afterCommit(() => void seen.push(`${name} committed`));
          afterRollback(() => void seen.push(`${name} rolled back`));
        };
        late.push(register());
      };
      await transactions.run(() => registerLate('first'));
      await transactions
        .run(() => {
          registerLate('second');
          throw new Error('roll back');
        })
        .catch(() => undefined);
      await Promise.all(late);
      expect(seen.sort()).toEqual(['first committed', 'second rolled back']);
    });

    it('without a transaction afterCommit runs at once', async () => {
      const seen: string[] = [];
      afterCommit(() => void seen.push('now'));
      afterRollback(() => void seen.push('never'));
      await turn();
      expect(seen).toEqual(['now']);
    });
  });
});
