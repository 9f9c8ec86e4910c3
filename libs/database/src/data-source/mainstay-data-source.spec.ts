import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from 'nestjs-mainstay/common';
import { FakeDatabase } from 'nestjs-mainstay/testing/database';
import {
  Column,
  Entity,
  EventSubscriber,
  PrimaryGeneratedColumn,
  QueryFailedError,
  type EntitySubscriberInterface,
} from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadSqliteEngine } from '../sqlite/sqlite-driver.js';
import { SqliteConnection } from '../sqlite/sqlite-connection.js';
import type { SqliteDatabaseEngine } from '../sqlite/sqlite-engine.js';
import type { SqliteGate } from '../sqlite/sqlite-gate.js';

const clock = new SystemClock();
const engine = await loadSqliteEngine();

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

@Entity()
class Meter {
  @PrimaryGeneratedColumn() id!: number;
  @Column('bigint') count!: number | string;
}

@EventSubscriber()
class FailingAfterCommit implements EntitySubscriberInterface {
  afterTransactionCommit(): Promise<void> {
    return Promise.reject(new Error('the subscriber failed'));
  }
}

describe('MainstayDataSource', () => {
  let folder: string;
  let path: string;
  let database: FakeDatabase;
  const gate = (): SqliteGate => (database.dataSource.engine as SqliteDatabaseEngine).gate;
  const texts = async (): Promise<string[]> =>
    (await database.repository(Note).find({ order: { text: 'ASC' } })).map(({ text }) => text);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-database-'));
    path = join(folder, 'made', 'here', 'app.sqlite');
    database = await open(20_000);
  });

  const open = (acquireTimeout: number): Promise<FakeDatabase> =>
    FakeDatabase.open({ entities: [Note], config: { url: `sqlite:${path}`, acquireTimeout } });
  /** For tests that wait until the time is over. */
  const openImpatient = async (): Promise<void> => {
    await database.close();
    database = await open(300);
  };

  afterEach(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });

  describe('one connection, many users', () => {
    it('database rule 20: a rollback takes back only its own work, not what others were told is written', async () => {
      const acknowledged: string[] = [];
      const notes = database.repository(Note);
      const write = async (index: number): Promise<void> => {
        await notes.save({ text: `kept ${index}` });
        acknowledged.push(`kept ${index}`);
      };
      const rollBack = async (index: number): Promise<void> => {
        const work = database.dataSource.transaction(async (manager) => {
          await manager.save(Note, { text: `gone ${index}` });
          await clock.yield();
          throw new Error('roll back');
        });
        await expect(work).rejects.toThrow('roll back');
      };
      await Promise.all(
        Array.from({ length: 40 }, (_, index) => [write(index), rollBack(index)]).flat(),
      );
      expect(acknowledged).toHaveLength(40);
      expect(await texts()).toEqual([...acknowledged].sort());
    });

    it('database rule 20: query runners of their own do not see into each other', async () => {
      const [first, second] = [0, 1].map(() => database.dataSource.createQueryRunner());
      await first!.startTransaction();
      await first!.query("INSERT INTO note (text) VALUES ('gone')");
      const writing = second!.query("INSERT INTO note (text) VALUES ('kept')");
      await first!.rollbackTransaction();
      await writing;
      expect(second!.isTransactionActive).toBe(false);
      await Promise.all([first!.release(), second!.release()]);
      expect(await texts()).toEqual(['kept']);
    });

    it('database rule 3: nobody waits longer for the connection than the acquire timeout', async () => {
      await openImpatient();
      const runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      const startedAt = clock.now();
      await expect(texts()).rejects.toMatchObject({
        code: 'DATABASE_POOL_TIMEOUT',
        outcome: 'not-sent',
      });
      expect(clock.now() - startedAt).toBeLessThan(2_500);
      await runner.commitTransaction();
      await runner.release();
      expect(await texts()).toEqual([]);
      expect(gate().waiting).toBe(0);
    });

    it('database rule 4: a runner that is released with an open transaction leaves nothing behind', async () => {
      const runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query("INSERT INTO note (text) VALUES ('gone')");
      await runner.release();
      await database.repository(Note).save({ text: 'kept' });
      expect(await texts()).toEqual(['kept']);
      await expect(runner.query('SELECT 1')).rejects.toThrow('released');
    });

    it('database rule 4: a runner that is released while it waits takes nothing', async () => {
      const holder = database.dataSource.createQueryRunner();
      await holder.startTransaction();
      const waiting = database.dataSource.createQueryRunner();
      const query = expect(waiting.query("INSERT INTO note (text) VALUES ('x')")).rejects.toThrow(
        'released',
      );
      await waiting.release();
      await holder.commitTransaction();
      await query;
      await holder.release();
      expect(gate().heldMs).toBeUndefined();
      expect(await texts()).toEqual([]);
    });

    it('database rule 4: raw BEGIN holds the connection until COMMIT', async () => {
      const runner = database.dataSource.createQueryRunner();
      await runner.query('BEGIN');
      await runner.query("INSERT INTO note (text) VALUES ('mine')");
      const reading = texts();
      await runner.query('ROLLBACK');
      expect(await reading).toEqual([]);
      await runner.release();
    });

    it('does not commit what `await using` leaves open', async () => {
      const use = async (): Promise<void> => {
        await using runner = database.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query("INSERT INTO note (text) VALUES ('gone')");
      };
      await expect(use()).rejects.toMatchObject({ outcome: 'rolled-back' });
      expect(await texts()).toEqual([]);
    });

    it('a subscriber that fails after the commit does not make it look failed', async () => {
      const other = await FakeDatabase.open({
        entities: [Note],
        subscribers: [FailingAfterCommit],
      });
      await expect(other.repository(Note).save({ text: 'kept' })).resolves.toBeDefined();
      await other.assertCount(Note, 1);
      await other.close();
    });
  });

  it('a bigint column gives back what was written', async () => {
    const other = await FakeDatabase.open({ entities: [Meter] });
    const meters = other.repository(Meter);
    for (const count of [5, '9007199254740993', '-9223372036854775808'])
      await meters.save({ count });
    const read = await meters.find({ order: { id: 'ASC' } });
    expect(read.map(({ count }) => count)).toEqual([5, '9007199254740993', '-9223372036854775808']);
    expect(await meters.findOneBy({ count: '9007199254740993' })).toMatchObject({ id: 2 });
    await other.close();
  });

  describe('errors', () => {
    it('database rule 15: repositories throw what TypeORM users know, and go on after it', async () => {
      const notes = database.repository(Note);
      await notes.save({ text: 'a' });
      const error: unknown = await notes.save({ text: 'a' }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(error).toMatchObject({ driverError: { code: 'SQLITE_CONSTRAINT_UNIQUE' } });
      await notes.save({ text: 'b' });
      expect(await texts()).toEqual(['a', 'b']);
    });

    it('database rule 9: nothing is committed on its own after SQLite has ended a transaction', async () => {
      const runner = database.dataSource.createQueryRunner();
      await runner.startTransaction();
      // What SQLite does by itself when the disk is full.
      const driver = database.dataSource.driver as BetterSqlite3Driver;
      const connection = driver.databaseConnection as SqliteConnection;
      connection.rollback();
      await expect(runner.query("INSERT INTO note (text) VALUES ('x')")).rejects.toMatchObject({
        code: 'DATABASE_TRANSACTION_ABORTED',
      });
      await expect(runner.commitTransaction()).rejects.toMatchObject({
        code: 'DATABASE_TRANSACTION_ABORTED',
      });
      await runner.rollbackTransaction();
      await runner.release();
      expect(await texts()).toEqual([]);
    });
  });

  describe('another process', () => {
    let theirs: SqliteConnection;

    beforeEach(() => {
      theirs = new SqliteConnection(engine, path);
    });

    afterEach(() => theirs.close());

    it('database rule 12: waits for its lock without freezing the event loop', async () => {
      theirs.begin('IMMEDIATE');
      const writing = database.repository(Note).save({ text: 'mine' });
      let turns = 0;
      for (const startedAt = clock.now(); clock.now() - startedAt < 100; turns++) {
        await clock.yield();
      }
      theirs.rollback();
      await writing;
      expect(turns).toBeGreaterThan(20);
      expect(await texts()).toEqual(['mine']);
    });

    it('database rule 3: gives up at the deadline, nothing sent, and works again afterwards', async () => {
      await openImpatient();
      theirs.begin('IMMEDIATE');
      await expect(database.repository(Note).save({ text: 'x' })).rejects.toMatchObject({
        driverError: { code: 'SQLITE_BUSY' },
      });
      await expect(
        database.service.query('INSERT INTO note (text) VALUES (?)', ['x']),
      ).rejects.toMatchObject({ code: 'DATABASE_BUSY', retryable: true, outcome: 'not-sent' });
      theirs.rollback();
      await database.service.transaction(() => database.repository(Note).save({ text: 'mine' }));
      expect(await texts()).toEqual(['mine']);
    });

    it('database rule 12: two processes that write at the same time lose nothing', async () => {
      const script = `
        import Database from ${JSON.stringify(import.meta.resolve('libsql'))};
        const db = new Database(process.argv[1], { timeout: 5000 });
        for (let i = 0; i < 100; i++) db.prepare('INSERT INTO note (text) VALUES (?)').run(['theirs ' + i]);
        process.stdout.write('done');`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, path]);
      const exited = once(child, 'exit');
      const stderr: string[] = [];
      child.stderr.on('data', (text: Buffer) => stderr.push(text.toString()));
      const notes = database.repository(Note);
      for (let index = 0; index < 100; index++) await notes.save({ text: `mine ${index}` });
      const [code] = (await exited) as [number];
      expect({ code, stderr: stderr.join('') }).toEqual({ code: 0, stderr: '' });
      await database.assertCount(Note, 200);
    });
  });

  describe('closing', () => {
    it('database rule 19: ends at once when nothing runs, as often as it is asked', async () => {
      await Promise.all([database.dataSource.destroy(), database.dataSource.destroy()]);
      await database.dataSource.destroy();
      await expect(texts()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    });

    it('database rule 19: rolls back who does not end, refuses who waits, and always ends', async () => {
      const holder = database.dataSource.createQueryRunner();
      await holder.startTransaction();
      await holder.query("INSERT INTO note (text) VALUES ('gone')");
      const waiting = expect(texts()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const startedAt = clock.now();
      await database.dataSource.destroy();
      await waiting;
      expect(clock.now() - startedAt).toBeLessThan(5_000);
      await expect(holder.query('SELECT 1')).rejects.toMatchObject({
        code: /DATABASE_UNAVAILABLE|ABORTED/,
      });
      await holder.release();
      const reopened = new SqliteConnection(engine, path);
      expect(reopened.execute('SELECT * FROM note').rows).toEqual([]);
      reopened.close();
    });

    it('lets work in flight end', async () => {
      const running = database.service.transaction(async () => {
        await database.repository(Note).save({ text: 'kept' });
        await clock.sleep(50);
        return database.repository(Note).save({ text: 'kept too' });
      });
      await vi.waitFor(() => expect(gate().heldMs).toBeDefined());
      await database.dataSource.destroy();
      await expect(running).resolves.toBeDefined();
    });
  });
});
