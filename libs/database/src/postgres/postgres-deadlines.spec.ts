import type { DatabaseService } from 'nestjs-mainstay/database';
import { SystemClock } from 'nestjs-mainstay/common';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { eventually } from '../../../../test/support/eventually.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import { queryPostgres } from '../../../../test/support/servers/query-postgres.js';
import { TcpProxy } from '../../../../test/support/servers/tcp-proxy.js';
import type { PostgresEngine } from './postgres-engine.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

const clock = new SystemClock();
const STATEMENT_MS = 600;
const ACQUIRE_MS = 500;

describe('deadlines on PostgreSQL', () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let app: DatabaseApp;
  let database: DatabaseService;
  let notes: Repository<Note>;

  beforeAll(async () => {
    server = await PostgresServer.start();
    proxy = await TcpProxy.start(server.port);
    const url = new URL(server.url);
    url.port = String(proxy.port);
    app = await DatabaseApp.start(
      {
        url: url.href,
        boot: 'required',
        synchronize: true,
        poolSize: 3,
        acquireTimeout: ACQUIRE_MS,
        statementTimeout: STATEMENT_MS,
        transactionTimeout: 1_500,
        connectTimeout: 1_000,
      },
      [Note],
    );
    database = app.service;
    notes = app.repository(Note);
  });

  afterEach(async () => {
    await proxy.heal();
    app.breaker?.reset();
    await eventually(() => database.query('SELECT 1'));
    await eventually(async () => {
      expect(await activity()).toEqual([]);
      expect(gauges()).toMatchObject({ used: 0, waiting: 0 });
    });
  });

  afterAll(async () => {
    await app?.close();
    await proxy?.dispose();
    await server?.dispose();
  });

  const gauges = () => (database.dataSource.engine as PostgresEngine).gate.pool?.gauges;
  /** Sessions of ours that do something, or are idle in a transaction. */
  const activity = (): Promise<unknown[]> =>
    queryPostgres(
      server.url,
      `SELECT state, query FROM pg_stat_activity
       WHERE application_name = 'nestjs-mainstay' AND state <> 'idle'`,
    );
  const elapsed = async (work: () => Promise<unknown>): Promise<{ ms: number; error: unknown }> => {
    const startedAt = clock.now();
    const error: unknown = await work().then(
      () => undefined,
      (failure: unknown) => failure,
    );
    return { ms: clock.now() - startedAt, error };
  };

  it('database rule 3: the server ends a statement at its deadline, and the connection stays', async () => {
    const { ms, error } = await elapsed(() => database.query('SELECT pg_sleep(5)'));
    expect(error).toMatchObject({ code: 'DATABASE_STATEMENT_TIMEOUT', sqlState: '57014' });
    expect(ms).toBeGreaterThanOrEqual(STATEMENT_MS - 50);
    expect(ms).toBeLessThan(STATEMENT_MS + 450);
    expect(gauges()).toMatchObject({ used: 0, idle: 1, dirtyReturns: 0 });
  });

  it('database rule 3: repositories and builders have the same deadline', async () => {
    await notes.save({ text: 'a row to sleep for' });
    const { ms, error } = await elapsed(() =>
      notes.createQueryBuilder().select('pg_sleep(5)').getRawMany(),
    );
    expect(error).toMatchObject({ code: '57014' });
    expect(ms).toBeLessThan(STATEMENT_MS + 450);
  });

  it('database rule 3: a call has its own deadline, shorter or longer, and leaves the usual one behind', async () => {
    const short = await elapsed(() => database.query('SELECT pg_sleep(5)', [], { timeoutMs: 150 }));
    expect(short.error).toMatchObject({ sqlState: '57014' });
    expect(short.ms).toBeLessThan(500);
    const long = await elapsed(() =>
      database.query('SELECT pg_sleep(0.8)', [], { timeoutMs: 2_000 }),
    );
    expect(long.error).toBeUndefined();
    const usual = await elapsed(() => database.query('SELECT pg_sleep(5)'));
    expect(usual.error).toMatchObject({ sqlState: '57014' });
    await database.transaction(async () => {
      await database.query('SELECT pg_sleep(0.8)', [], { timeoutMs: 1_000 });
      expect(await database.query('SHOW statement_timeout')).toEqual([
        { statement_timeout: '600ms' },
      ]);
    });
  });

  it('database rule 3: a server that answers nothing: this side ends the statement, its connection, and no innocent one', async () => {
    await database.query('SELECT 1');
    proxy.blackHole();
    const { ms, error } = await elapsed(() =>
      database.query('INSERT INTO note (text) VALUES ($1)', ['lost']),
    );
    expect(error).toMatchObject({
      code: 'DATABASE_STATEMENT_TIMEOUT',
      outcome: 'unknown',
      classification: { kind: 'timeout' },
    });
    expect(ms).toBeLessThan(STATEMENT_MS + 900);
    expect(gauges()).toMatchObject({ used: 0, idle: 0 });
    await proxy.heal();
    const next = await elapsed(() => database.query('SELECT 1'));
    expect(next.error).toBeUndefined();
  });

  it('database rule 15: several statements at once that hold a COMMIT, and no answer: what became of them is not known', async () => {
    const sent = database.query(
      "BEGIN; INSERT INTO note (text) VALUES ('sent'); COMMIT; SELECT pg_sleep(0.5)",
    );
    const failure = elapsed(() => sent);
    await eventually(async () =>
      expect(await queryPostgres(server.url, 'SELECT text FROM note')).toContainEqual({
        text: 'sent',
      }),
    );
    proxy.cut();
    expect((await failure).error).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      outcome: 'unknown',
    });
  });

  it('database rule 15: a COMMIT by hand behind a comment, and no answer: its outcome is not known', async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.query('BEGIN');
    proxy.halfClose();
    await expect(runner.query('/* of a tool */ COMMIT')).rejects.toMatchObject({
      code: 'DATABASE_COMMIT_OUTCOME_UNKNOWN',
    });
    await runner.release();
  });

  it('database rule 3: a call has its own deadline of a server that answers nothing as well', async () => {
    await database.query('SELECT 1');
    proxy.blackHole();
    const { ms, error } = await elapsed(() => database.query('SELECT 1', [], { timeoutMs: 50 }));
    expect(error).toMatchObject({
      code: 'DATABASE_STATEMENT_TIMEOUT',
      context: { timeoutMs: 50 },
    });
    expect(ms).toBeLessThan(50 + 500 + 200);
  });

  it('what pg refuses to send leaves its connection whole for the next, then and after the deadline', async () => {
    const pid = async (): Promise<unknown> => database.query('SELECT pg_backend_pid()');
    const before = await pid();
    const { ms, error } = await elapsed(() => database.query(undefined as unknown as string));
    expect(error).toMatchObject({ code: 'DATABASE_INVALID_STATEMENT' });
    expect(ms).toBeLessThan(300);
    await database.query('SELECT pg_sleep(0.5)');
    await expect(
      database.query('SELECT pg_sleep(1)', [], { timeoutMs: 2_000 }),
    ).resolves.toBeDefined();
    expect(await pid()).toEqual(before);
  });

  it('database rule 3: connecting has a deadline', async () => {
    const engine = database.dataSource.engine as PostgresEngine;
    engine.gate.pool?.dropIdle(new Error('dropped by the test'));
    await eventually(() => expect(gauges()?.idle).toBe(0));
    proxy.blackHole();
    const { ms, error } = await elapsed(() => database.query('SELECT 1'));
    expect(error).toMatchObject({
      code: 'DATABASE_CONNECTION',
      outcome: 'not-sent',
      classification: { kind: 'timeout', notSent: true },
    });
    expect(ms).toBeLessThan(1_400);
  });

  it('database rule 3: a connection that takes longer than its caller waits is kept for the next', async () => {
    const engine = database.dataSource.engine as PostgresEngine;
    engine.gate.pool?.dropIdle(new Error('dropped by the test'));
    await eventually(() => expect(gauges()?.idle).toBe(0));
    proxy.delay(110);
    const { ms, error } = await elapsed(() => database.query('SELECT 1'));
    expect(error).toMatchObject({ code: 'DATABASE_CONNECTION', outcome: 'not-sent' });
    expect(ms).toBeLessThan(ACQUIRE_MS + 150);
    await eventually(() => expect(gauges()).toMatchObject({ used: 0, idle: 1 }));
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('database rule 6: a pool that is used up is an error of its own, and neutral for the breaker', async () => {
    const holders = [0, 1, 2].map(() => database.dataSource.createQueryRunner());
    for (const holder of holders) await holder.query('SELECT 1');
    const { ms, error } = await elapsed(() => notes.find());
    expect(error).toMatchObject({
      code: 'DATABASE_POOL_TIMEOUT',
      outcome: 'not-sent',
      classification: { partial: true },
    });
    expect(ms).toBeGreaterThanOrEqual(ACQUIRE_MS - 20);
    expect(ms).toBeLessThan(ACQUIRE_MS + 300);
    expect(gauges()).toMatchObject({ used: 3, max: 3 });
    await Promise.all(holders.map((holder) => holder.release()));
  });

  it('database rule 16: a probe does not wait for a pool that is used up, and calls it saturated', async () => {
    const holders = [0, 1, 2].map(() => database.dataSource.createQueryRunner());
    for (const holder of holders) await holder.query('SELECT 1');
    const waiting = notes.find().catch(() => undefined);
    const { capabilities } = await database.dataSource.engine.probe(new AbortController().signal);
    expect(capabilities).toEqual({ read: true, write: true, pool: false });
    await Promise.all(holders.map((holder) => holder.release()));
    await waiting;
  });

  it('database rule 3: a transaction that takes too long is rolled back; its running statement is cancelled', async () => {
    const { ms, error } = await elapsed(() =>
      database.transaction(
        async () => {
          await database.query("INSERT INTO note (text) VALUES ('gone')");
          await database.query('SELECT pg_sleep(30)', [], { timeoutMs: 30_000 });
        },
        { timeoutMs: 400 },
      ),
    );
    expect(error).toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT', outcome: 'rolled-back' });
    expect(ms).toBeLessThan(900);
    await eventually(async () => expect(await activity()).toEqual([]), 1_000);
    expect(await notes.findBy({ text: 'gone' })).toEqual([]);
  });

  it('database rule 3: a transaction whose code hangs is rolled back, its connection comes back', async () => {
    const { error } = await elapsed(() =>
      database.transaction(
        async () => {
          await database.query("INSERT INTO note (text) VALUES ('gone')");
          await new Promise(() => undefined);
        },
        { timeoutMs: 300 },
      ),
    );
    expect(error).toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT' });
    expect(gauges()).toMatchObject({ used: 0 });
  });

  it('database rule 3: a session that is idle in a transaction is ended by the server', async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query("INSERT INTO note (text) VALUES ('gone')");
    await clock.sleep(1_800);
    await expect(runner.commitTransaction()).rejects.toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      outcome: 'rolled-back',
      sqlState: '25P03',
    });
    await runner.release();
    expect(await notes.findBy({ text: 'gone' })).toEqual([]);
  });

  it('a caller that gives up has its statement cancelled, and what is left of it ends', async () => {
    const controller = new AbortController();
    const query = database.query('SELECT pg_sleep(30)', [], {
      signal: controller.signal,
      timeoutMs: 30_000,
    });
    await clock.sleep(150);
    controller.abort();
    await expect(query).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await eventually(async () => expect(await activity()).toEqual([]), 1_000);
  });
});
