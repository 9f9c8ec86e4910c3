import { afterCommit, afterRollback, type DatabaseService } from 'nestjs-mainstay/database';
import { SystemClock } from 'nestjs-mainstay/common';
import { Entity, PrimaryColumn, type Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { eventually } from '../../../../test/support/eventually.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import { queryPostgres } from '../../../../test/support/servers/query-postgres.js';
import { TcpProxy } from '../../../../test/support/servers/tcp-proxy.js';
import type { PostgresEngine } from './postgres-engine.js';

@Entity()
class Note {
  @PrimaryColumn('text') text!: string;
}

const clock = new SystemClock();
const STATEMENT_MS = 1_000;
const ACQUIRE_MS = 1_000;
/** By then every call has settled: the wait for a connection, the statement, and what this side adds. */
const CALL_MS = ACQUIRE_MS + STATEMENT_MS + 1_500;

describe('a PostgreSQL server that goes away', () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let app: DatabaseApp;
  let database: DatabaseService;
  let notes: Repository<Note>;
  let isClosed: boolean;

  beforeEach(async () => {
    isClosed = false;
    server = await PostgresServer.start();
    proxy = await TcpProxy.start(server.port);
    const url = new URL(server.url);
    url.port = String(proxy.port);
    app = await DatabaseApp.start(
      {
        url: url.href,
        boot: 'required',
        synchronize: true,
        poolSize: 4,
        acquireTimeout: ACQUIRE_MS,
        statementTimeout: STATEMENT_MS,
        connectTimeout: 1_000,
      },
      [Note],
    );
    database = app.service;
    notes = app.repository(Note);
  });

  const close = async (): Promise<void> => {
    isClosed = true;
    await app.close();
  };

  afterEach(async () => {
    if (!isClosed) await close();
    await proxy.dispose();
    await server.dispose();
  });

  const pool = () => (database.dataSource.engine as PostgresEngine).gate.pool;
  const gauges = () => pool()?.gauges;
  /** Past the application and its network. */
  const read = <T>(sql: string): Promise<T[]> => queryPostgres<T>(server.url, sql);
  const stored = async (): Promise<string[]> =>
    (await read<Note>('SELECT text FROM note ORDER BY text')).map(({ text }) => text);

  /** Writes all the time, single statements and transactions; ends when told to. */
  const traffic = () => {
    const acknowledged: string[] = [];
    const refused: { text: string; outcome: unknown }[] = [];
    let slowest = 0;
    let isOver = false;
    const write = async (text: string, index: number): Promise<void> => {
      const startedAt = clock.now();
      try {
        if (index % 2 === 0) await database.query('INSERT INTO note VALUES ($1)', [text]);
        else await database.transaction(() => notes.insert({ text }));
        acknowledged.push(text);
      } catch (error) {
        refused.push({ text, outcome: (error as { outcome?: unknown }).outcome ?? 'not-sent' });
        await clock.sleep(20);
      }
      slowest = Math.max(slowest, clock.now() - startedAt);
    };
    const writer = async (name: number): Promise<void> => {
      for (let index = 0; !isOver; index++) await write(`${name}-${index}`, index);
    };
    const writers = [0, 1, 2, 3, 4, 5].map(writer);
    const stop = async () => {
      isOver = true;
      await Promise.all(writers);
      return { acknowledged, refused, slowest };
    };
    return { acknowledged, refused, stop };
  };

  it.each([
    [
      'killed (-9) and restarted',
      async () => {
        await server.kill9();
        await clock.sleep(1_500);
        await server.restart();
      },
    ],
    [
      'frozen (SIGSTOP) and resumed',
      async () => {
        server.stop();
        await clock.sleep(3_500);
        server.resume();
      },
    ],
    [
      'cut off and reachable again',
      async () => {
        proxy.cut();
        await clock.sleep(1_500);
        await proxy.heal();
      },
    ],
    [
      'behind a black hole and reachable again',
      async () => {
        proxy.blackHole();
        await clock.sleep(3_500);
        await proxy.heal();
      },
    ],
  ])('after any fault: %s during traffic', async (_fault, outage) => {
    const running = traffic();
    await eventually(() => expect(running.acknowledged.length).toBeGreaterThan(50));
    await outage();
    const backAt = clock.now();
    const before = running.acknowledged.length;
    await eventually(() => expect(running.acknowledged.length).toBeGreaterThan(before), 5_000);
    expect(clock.now() - backAt).toBeLessThan(1_500);
    await clock.sleep(300);
    const { acknowledged, refused, slowest } = await running.stop();
    expect(refused.length).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(CALL_MS);
    await eventually(() => expect(app.breaker?.state).toBe('closed'), 2_000);

    const rows = await stored();
    expect(rows).toEqual([...new Set(rows)]);
    expect(rows).toEqual(expect.arrayContaining(acknowledged));
    const known = refused.filter(({ outcome }) => outcome !== 'unknown').map(({ text }) => text);
    expect(rows.filter((text) => known.includes(text))).toEqual([]);
    expect(gauges()).toMatchObject({ used: 0, waiting: 0 });
    expect(
      await read("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"),
    ).toEqual([]);
  });

  it('database rule 14: an open breaker refuses calls; a running transaction still ends', async () => {
    let finish = (): void => undefined;
    const paused = new Promise<void>((resolve) => (finish = resolve));
    const running = database.transaction(async () => {
      await notes.insert({ text: 'running' });
      await paused;
    });
    await eventually(() => expect(gauges()?.used).toBe(1));
    app.breaker?.isolate();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    await expect(notes.find()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    finish();
    await running;
    expect(await stored()).toEqual(['running']);
  });

  it('database rule 14: while the server is away calls fail in milliseconds; the first good one comes within a second', async () => {
    await server.kill9();
    const startedAt = clock.now();
    while (app.breaker?.state !== 'open' && clock.now() - startedAt < 5_000) {
      await notes.find().catch(() => undefined);
      await clock.sleep(50);
    }
    expect(app.breaker?.state).toBe('open');
    const calledAt = clock.now();
    for (let call = 0; call < 100; call++) {
      await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    }
    expect((clock.now() - calledAt) / 100).toBeLessThan(5);
    await server.restart();
    const backAt = clock.now();
    await eventually(() => notes.find());
    expect(clock.now() - backAt).toBeLessThan(1_000);
  });

  it.each([
    ['did not reach the server', 50, []],
    ['was done, its answer lost', 450, ['x']],
  ])(
    'database rule 13: a COMMIT that %s: nobody pretends to know',
    async (_what, cutAfterMs, rows) => {
      const hooks: string[] = [];
      const work = database.transaction(async () => {
        await notes.insert({ text: 'x' });
        afterCommit(() => void hooks.push('commit'));
        afterRollback(() => void hooks.push('rollback'));
        proxy.delay(300);
        void clock.sleep(cutAfterMs).then(() => proxy.cut());
      });
      await expect(work).rejects.toMatchObject({
        code: 'DATABASE_COMMIT_OUTCOME_UNKNOWN',
        outcome: 'unknown',
        retryable: false,
      });
      expect(hooks).toEqual([]);
      await clock.sleep(400);
      expect(await stored()).toEqual(rows);
      expect(gauges()).toMatchObject({ used: 0 });
    },
  );

  it('database rule 13: a COMMIT that a frozen server does not answer', async () => {
    const work = database.transaction(async () => {
      await notes.insert({ text: 'x' });
      server.stop();
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_COMMIT_OUTCOME_UNKNOWN' });
    server.resume();
    await eventually(() => notes.find());
  });

  it('a transaction that loses its connection before its COMMIT is rolled back, and says so', async () => {
    const work = database.transaction(async () => {
      await notes.insert({ text: 'x' });
      await server.kill9();
      await eventually(() => expect(pool()?.isConnected).toBe(false));
    });
    await expect(work).rejects.toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      outcome: 'rolled-back',
    });
    await server.restart();
    expect(await stored()).toEqual([]);
  });

  it('a server that is killed while nobody uses its connections crashes nothing', async () => {
    await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.05)')));
    expect(gauges()?.idle).toBeGreaterThan(1);
    await server.kill9();
    await eventually(() => expect(gauges()?.idle).toBe(0));
    await server.restart();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  describe('database rule 19: closing always ends', () => {
    it('lets work in flight end, refuses who comes after it', async () => {
      const query = database.query('SELECT pg_sleep(0.4)');
      await eventually(() => expect(gauges()?.used).toBe(1));
      const closing = close();
      await expect(query).resolves.toHaveLength(1);
      await closing;
      await expect(database.query('SELECT 1')).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
    });

    it('with a frozen server, work in flight, callers that wait and a runner that is never given back', async () => {
      const kept = database.dataSource.createQueryRunner();
      await kept.startTransaction();
      await kept.query("INSERT INTO note VALUES ('gone')");
      server.stop();
      const calls = Array.from({ length: 8 }, () =>
        database.query('SELECT 1').catch((error: unknown) => error),
      );
      await eventually(() => expect(gauges()?.waiting).toBeGreaterThan(0));
      const startedAt = clock.now();
      await close();
      // 2 s for what is in flight, and 2 s to close.
      expect(clock.now() - startedAt).toBeLessThan(4_000);
      for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(Error);
      server.resume();
      await eventually(async () =>
        expect(
          await read("SELECT 1 FROM pg_stat_activity WHERE application_name = 'nestjs-mainstay'"),
        ).toEqual([]),
      );
      expect(await stored()).toEqual([]);
    });

    it('with thousands of callers that wait for a connection', async () => {
      const holders = [0, 1, 2, 3].map(() => database.dataSource.createQueryRunner());
      await Promise.all(holders.map((holder) => holder.query('SELECT 1')));
      const source = (database.dataSource.engine as PostgresEngine).gate.source(false);
      const calls = Array.from({ length: 8_000 }, () =>
        source.acquire({}).catch((error: unknown) => error),
      );
      const closing = close();
      for (const error of await Promise.all(calls))
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await Promise.all(holders.map((holder) => holder.release()));
      await closing;
    });

    it('resilience rule 20: what still runs at the deadline is cancelled, on the server, too', async () => {
      const query = database
        .query('SELECT pg_sleep(30)', [], { timeoutMs: 30_000 })
        .catch((error: unknown) => error);
      await eventually(() => expect(gauges()?.used).toBe(1));
      await close();
      expect(await query).toMatchObject({
        code: 'OPERATION_CANCELLED',
        context: { reason: 'shutdown' },
      });
      await eventually(async () =>
        expect(
          await read(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()",
          ),
        ).toEqual([]),
      );
    });
  });
});
