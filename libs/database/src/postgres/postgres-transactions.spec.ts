import { afterCommit, afterRollback, type DatabaseService } from 'nestjs-mainstay/database';
import { SystemClock } from 'nestjs-mainstay/common';
import { Column, Entity, PrimaryGeneratedColumn, QueryFailedError, type Repository } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import type { PostgresEngine } from './postgres-engine.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
  @Column({ type: 'bigint', default: 0 }) size!: string;
}

const INSERT = 'INSERT INTO note (text) VALUES ($1)';
const clock = new SystemClock();

describe('transactions on PostgreSQL', () => {
  let server: PostgresServer;
  let app: DatabaseApp;
  let database: DatabaseService;
  let notes: Repository<Note>;

  beforeAll(async () => {
    server = await PostgresServer.start();
    app = await DatabaseApp.start(
      { url: server.url, boot: 'required', synchronize: true, poolSize: 4, acquireTimeout: 700 },
      [Note],
    );
    database = app.service;
    notes = app.repository(Note);
  });

  beforeEach(async () => {
    await notes.clear();
  });

  afterAll(async () => {
    await app?.close();
    await server?.dispose();
  });

  const texts = async (): Promise<string[]> =>
    (await notes.find({ order: { text: 'ASC' } })).map(({ text }) => text);
  const gauges = () => (database.dataSource.engine as PostgresEngine).gate.pool?.gauges;
  const idleInTransaction = async (): Promise<number> => {
    const [row] = await database.query<{ count: number }[]>(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
    );
    return row?.count ?? -1;
  };

  it('gives 64-bit numbers as text, as TypeORM does on pg', async () => {
    await notes.save({ text: 'x', size: '9007199254740993' });
    expect(await notes.findOneByOrFail({ text: 'x' })).toMatchObject({ size: '9007199254740993' });
  });

  it('database rule 7: repositories, builders, dataSource.query and manager take part, reads too', async () => {
    const work = database.transaction(async (manager) => {
      await notes.save({ text: 'repository' });
      await notes.createQueryBuilder().insert().values({ text: 'builder' }).execute();
      await database.dataSource.query(INSERT, ['query']);
      await database.dataSource.manager.save(Note, { text: 'manager' });
      await manager.save(Note, { text: 'own manager' });
      expect(await texts()).toHaveLength(5);
      expect(gauges()?.used).toBe(1);
      throw new Error('roll back');
    });
    await expect(work).rejects.toThrow('roll back');
    expect(await texts()).toEqual([]);
  });

  it('database rule 7: two transactions at a time do not see each other', async () => {
    await database.transaction(async () => {
      await notes.save({ text: 'outer' });
      const seen = await database.transaction(() => texts(), { propagation: 'NOT_SUPPORTED' });
      expect(seen).toEqual([]);
    });
    expect(await texts()).toEqual(['outer']);
  });

  it('database rule 8: REQUIRES_NEW commits on its own, whatever becomes of the outer one', async () => {
    const work = database.transaction(async () => {
      await notes.save({ text: 'outer' });
      await database.transaction(() => notes.save({ text: 'inner' }), {
        propagation: 'REQUIRES_NEW',
      });
      throw new Error('roll back');
    });
    await expect(work).rejects.toThrow('roll back');
    expect(await texts()).toEqual(['inner']);
  });

  it('database rule 8: REQUIRES_NEW in all connections at once ends by the deadline, and the pool is free again', async () => {
    const startedAt = clock.now();
    const one = (index: number) =>
      database.transaction(async () => {
        await notes.save({ text: `outer ${index}` });
        await clock.sleep(50);
        await database.transaction(() => notes.save({ text: `inner ${index}` }), {
          propagation: 'REQUIRES_NEW',
        });
      });
    const ended = await Promise.allSettled([0, 1, 2, 3].map(one));
    expect(ended.some(({ status }) => status === 'rejected')).toBe(true);
    for (const end of ended) {
      if (end.status === 'rejected')
        expect(end.reason).toMatchObject({ code: 'DATABASE_POOL_TIMEOUT', outcome: 'not-sent' });
    }
    expect(clock.now() - startedAt).toBeLessThan(3_000);
    expect(gauges()).toMatchObject({ used: 0, waiting: 0 });
    const committed = ended.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(await texts()).toEqual(
      [...committed.map((i) => `inner ${i}`), ...committed.map((i) => `outer ${i}`)].sort(),
    );
  });

  it('database rule 8: NESTED fails alone', async () => {
    await database.transaction(async () => {
      await notes.save({ text: 'a' });
      const nested = database.transaction(() => notes.insert({ text: 'a' }), {
        propagation: 'NESTED',
      });
      await expect(nested).rejects.toBeInstanceOf(QueryFailedError);
      await notes.save({ text: 'b' });
    });
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('database rule 8: a participant that fails dooms the whole', async () => {
    const work = database.transaction(async () => {
      await notes.save({ text: 'a' });
      await database
        .transaction(() => Promise.reject(new Error('the participant failed')))
        .catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({
      code: 'DATABASE_UNEXPECTED_ROLLBACK',
      cause: { message: 'the participant failed' },
    });
    expect(await texts()).toEqual([]);
  });

  it('database rule 8: isolation and readOnly reach the server', async () => {
    const show = async (name: string) =>
      Object.values((await database.query<object[]>(`SHOW ${name}`))[0] ?? {})[0];
    const seen = await database.transaction(
      async () => [await show('transaction_isolation'), await show('transaction_read_only')],
      { isolation: 'SERIALIZABLE', readOnly: true },
    );
    expect(seen).toEqual(['serializable', 'on']);
    const write = database.transaction(() => database.query(INSERT, ['x']), { readOnly: true });
    await expect(write).rejects.toMatchObject({
      code: 'DATABASE_READ_ONLY_TRANSACTION',
      sqlState: '25006',
      classification: { kind: 'permanent' },
    });
  });

  describe('database rule 9: commit is never a lie', () => {
    it('an error that is caught inside: nothing is sent any more, and the end throws with the first cause', async () => {
      let later: unknown;
      const work = database.transaction(async () => {
        await notes.save({ text: 'a' });
        await notes.insert({ text: 'a' }).catch(() => undefined);
        later = await notes.save({ text: 'b' }).catch((error: unknown) => error);
        return 'done';
      });
      await expect(work).rejects.toMatchObject({
        code: 'DATABASE_UNEXPECTED_ROLLBACK',
        outcome: 'rolled-back',
        cause: { code: '23505' },
      });
      expect(later).toMatchObject({
        code: 'DATABASE_TRANSACTION_ABORTED',
        outcome: 'not-sent',
        cause: { code: '23505' },
      });
      expect(await texts()).toEqual([]);
    });

    it('in a transaction by hand: the next statement and the commit say why', async () => {
      await using runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(INSERT, ['a']);
      await expect(runner.query(INSERT, ['a'])).rejects.toMatchObject({ code: '23505' });
      const aborted = { code: 'DATABASE_TRANSACTION_ABORTED', cause: { code: '23505' } };
      await expect(runner.query('SELECT 1')).rejects.toMatchObject(aborted);
      await expect(runner.commitTransaction()).rejects.toMatchObject(aborted);
      await runner.rollbackTransaction();
      await runner.query(INSERT, ['b']);
      expect(await texts()).toEqual(['b']);
    });

    it('a savepoint by hand takes the failure back', async () => {
      await database.transaction(async (manager) => {
        await manager.query('SAVEPOINT mine');
        await expect(manager.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
        await manager.query('ROLLBACK TO SAVEPOINT mine');
        await manager.query(INSERT, ['kept']);
      });
      expect(await texts()).toEqual(['kept']);
    });

    it('a constraint that is checked by the COMMIT: rolled back, and said so', async () => {
      await database.query(
        'CREATE TABLE IF NOT EXISTS later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)',
      );
      const hooks: string[] = [];
      const work = database.transaction(async () => {
        afterCommit(() => void hooks.push('commit'));
        afterRollback(() => void hooks.push('rollback'));
        await database.query('INSERT INTO later VALUES (1), (1)');
      });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNIQUE', outcome: 'rolled-back' });
      expect(hooks).toEqual(['rollback']);
    });
  });

  it('database rule 10: statements that nobody awaits are sent, in order, before the commit', async () => {
    const unawaited: Promise<unknown>[] = [];
    await database.transaction(async () => {
      for (const text of ['a', 'b', 'c']) unawaited.push(database.query(INSERT, [text]));
      unawaited.push(notes.insert({ text: 'd' }));
    });
    await Promise.all(unawaited);
    expect(await texts()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('database rule 9: a COMMIT by hand is refused, behind a comment and among several statements too', async () => {
    for (const sql of [
      '/* of a tool */ COMMIT',
      'SELECT 1; COMMIT',
      'SELECT 1; -- done\nCOMMIT;',
    ]) {
      const work = database.transaction(async () => {
        await database.query(INSERT, ['gone']);
        await database.query(sql);
      });
      await expect(work).rejects.toMatchObject({ classification: { type: 'TRANSACTION_CONTROL' } });
    }
    expect(await texts()).toEqual([]);
  });

  it('database rule 9: a statement that a rollback overtakes is not sent after it, however close they are', async () => {
    const late: Promise<unknown>[] = [];
    const failing = async (text: string, steps: number, timeoutMs?: number): Promise<void> => {
      const query = database.query(INSERT, [text], timeoutMs === undefined ? {} : { timeoutMs });
      late.push(query.catch(() => undefined));
      for (let step = 0; step < steps; step++) await Promise.resolve();
      throw new Error('roll back');
    };
    for (let steps = 0; steps < 20; steps++) {
      const works = [
        () => failing(`own ${steps}`, steps),
        () => failing(`timed ${steps}`, steps, 1_000),
        () => database.transaction(() => failing(`part ${steps}`, steps)),
      ];
      for (const work of works) await expect(database.transaction(work)).rejects.toThrow();
    }
    await Promise.all(late);
    expect(await texts()).toEqual([]);
  });

  it('database rule 10: Promise.all with a failing NESTED leaves the others whole', async () => {
    await database.transaction(async () => {
      const nested = (text: string) =>
        database.transaction(() => database.query(INSERT, [text]), { propagation: 'NESTED' });
      const ended = await Promise.allSettled(['a', 'a', 'b'].map(nested));
      expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('a slow statement does not time out those behind it in its transaction', async () => {
    await database.transaction(async () => {
      await Promise.all([database.query('SELECT pg_sleep(1)'), database.query(INSERT, ['behind'])]);
    });
    expect(await texts()).toEqual(['behind']);
  });

  it('database rule 11: hooks run after the commit, outside of it, and a failing one changes nothing', async () => {
    const seen: string[] = [];
    await database.transaction(async () => {
      await notes.save({ text: 'x' });
      afterCommit(async () => void seen.push(...(await texts())));
      afterCommit(() => Promise.reject(new Error('the hook failed')));
      afterRollback(() => void seen.push('rolled back'));
    });
    expect(seen).toEqual(['x']);
  });

  it('database rule 21: a failed DatabaseService.query dooms its transaction', async () => {
    const work = database.transaction(async () => {
      await database.query(INSERT, ['a']);
      await database.query(INSERT, ['a']).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNEXPECTED_ROLLBACK' });
    expect(await texts()).toEqual([]);
  });

  describe('database rule 4: clean return', () => {
    it('a runner that is released with an open transaction is rolled back', async () => {
      const runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(INSERT, ['gone']);
      await runner.release();
      expect(await texts()).toEqual([]);
      expect(await idleInTransaction()).toBe(0);
      expect(gauges()).toMatchObject({ used: 0 });
    });

    it('`await using` rolls back after a throw, and throws by itself without one', async () => {
      const leave = async (fail: boolean): Promise<void> => {
        await using runner = database.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query(INSERT, ['gone']);
        if (fail) throw new Error('the work failed');
      };
      await expect(leave(true)).rejects.toThrow();
      await expect(leave(false)).rejects.toMatchObject({
        message: expect.stringContaining('commitTransaction') as unknown,
      });
      expect(await texts()).toEqual([]);
    });

    it('a connection that comes back busy or in a transaction, past all of Mainstay, is closed and counted', async () => {
      const pool = (database.dataSource.engine as PostgresEngine).gate.pool;
      const before = gauges()?.dirtyReturns ?? 0;
      const inTransaction = await pool!.connect();
      await inTransaction.query('BEGIN');
      inTransaction.release();
      const busy = await pool!.connect();
      const query = busy.query('SELECT pg_sleep(5)');
      query.catch(() => undefined);
      busy.release();
      await expect(query).rejects.toThrow();
      expect(gauges()?.dirtyReturns).toBe(before + 2);
      expect(await idleInTransaction()).toBe(0);
      expect(gauges()?.used).toBe(0);
    });

    it('a runner that is released while it waits for its connection gives it back when it comes', async () => {
      const holders = await Promise.all(
        [0, 1, 2, 3].map(async () => {
          const runner = database.dataSource.createQueryRunner();
          await runner.query('SELECT 1');
          return runner;
        }),
      );
      const waiting = database.dataSource.createQueryRunner();
      const query = waiting.query('SELECT 1').catch((error: unknown) => error);
      const releasing = waiting.release();
      await Promise.all(holders.map((holder) => holder.release()));
      await query;
      await releasing;
      expect(gauges()).toMatchObject({ used: 0, waiting: 0 });
    });
  });
});
