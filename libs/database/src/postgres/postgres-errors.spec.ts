import {
  detectDatabaseError,
  type DatabaseError,
  type DatabaseService,
} from 'nestjs-mainstay/database';
import { Client } from 'pg';
import { QueryFailedError } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';

const TABLES = `
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (
    id int PRIMARY KEY,
    parent_id int REFERENCES parent,
    name varchar(3) NOT NULL,
    age int CHECK (age > 0)
  );
  INSERT INTO parent VALUES (1), (2);
  INSERT INTO child VALUES (1, 1, 'a', 1);
`;

const failureOf = async (work: Promise<unknown>): Promise<DatabaseError> => {
  const failure: unknown = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  return failure as DatabaseError;
};

describe('the errors of a PostgreSQL server', () => {
  let server: PostgresServer;
  let app: DatabaseApp;
  let database: DatabaseService;

  beforeAll(async () => {
    server = await PostgresServer.start({
      settings: { max_connections: '12', superuser_reserved_connections: '2' },
    });
    app = await DatabaseApp.start({ url: server.url, boot: 'required', poolSize: 3 });
    database = app.service;
    await database.query(TABLES);
  });

  afterAll(async () => {
    await app?.close();
    await server?.dispose();
  });

  /** Another session, for what takes two. */
  const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client(server.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it.each([
    ['23505', 'DATABASE_UNIQUE', 'conflict', 'INSERT INTO parent VALUES ($1)', [1]],
    ['23503', 'DATABASE_FOREIGN_KEY', 'conflict', "INSERT INTO child VALUES (9, $1, 'a', 1)", [77]],
    ['23502', 'DATABASE_NOT_NULL', 'validation', 'INSERT INTO child VALUES (9, 1, $1, 1)', [null]],
    ['23514', 'DATABASE_CHECK', 'validation', "INSERT INTO child VALUES (9, 1, 'a', $1)", [-5]],
    ['22001', 'DATABASE_DATA', 'validation', 'INSERT INTO child VALUES (9, 1, $1, 1)', ['secret']],
    ['22P02', 'DATABASE_DATA', 'validation', 'SELECT $1::int', ['secret "quoted" value']],
    [
      '42P01',
      'DATABASE_INVALID_STATEMENT',
      'validation',
      'SELECT * FROM nowhere WHERE 1 = $1',
      [1],
    ],
    ['42601', 'DATABASE_INVALID_STATEMENT', 'validation', 'SELEC $1', [1]],
    ['42501', 'DATABASE_PERMISSION', 'auth', 'SELECT pg_read_file($1)', ['/etc/passwd']],
  ])(
    'database rule 15: %s is %s, a %s error; no parameter is shown',
    async (sqlState, code, reason, sql, parameters) => {
      const error = await failureOf(database.query(sql, parameters));
      expect(error).toMatchObject({
        name: 'DatabaseError',
        code,
        sqlState,
        driverCode: sqlState,
        dataSource: 'database',
        retryable: false,
        outcome: 'rolled-back',
        classification: { kind: 'permanent', reason, type: sqlState },
      });
      const raw = await failureOf(database.dataSource.query(sql, parameters));
      expect(raw).toBeInstanceOf(QueryFailedError);
      expect(detectDatabaseError(raw)).toEqual(error.classification);
      const cause = error.cause as Error;
      for (const text of [error.message, cause.message, cause.stack]) {
        expect(text).not.toMatch(/secret|quoted|passwd/);
      }
    },
  );

  it('database rule 15: 25006, a database that cannot be written, is not the mistake of the caller', async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.query('SET default_transaction_read_only = on');
    const failure = await failureOf(runner.query('INSERT INTO parent VALUES (9)'));
    await runner.query('RESET default_transaction_read_only');
    await runner.release();
    expect(detectDatabaseError(failure)).toMatchObject({
      kind: 'unavailable',
      type: '25006',
      partial: true,
    });
  });

  it('database rule 15: 40001, two serializable transactions in conflict', async () => {
    const error = await failureOf(
      database.transaction(
        async () => {
          await database.query('SELECT sum(id) FROM parent');
          await withClient(async (other) => {
            await other.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
            await other.query('SELECT sum(id) FROM parent');
            await other.query('UPDATE parent SET id = id WHERE id = 1');
            await other.query('COMMIT');
          });
          await database.query('UPDATE parent SET id = id WHERE id = 1');
        },
        { isolation: 'SERIALIZABLE' },
      ),
    );
    expect(error).toMatchObject({
      code: 'DATABASE_SERIALIZATION',
      sqlState: '40001',
      retryable: true,
      outcome: 'rolled-back',
      classification: { kind: 'transient', partial: true },
    });
  });

  it('database rule 15: 40P01, a deadlock', async () => {
    let holding = 0;
    let bothHold = (): void => undefined;
    const both = new Promise<void>((resolve) => (bothHold = resolve));
    const cross = (first: number, second: number) =>
      failureOf(
        database.transaction(async () => {
          await database.query('SELECT 1 FROM parent WHERE id = $1 FOR UPDATE', [first]);
          if (++holding === 2) bothHold();
          await both;
          await database.query('SELECT 1 FROM parent WHERE id = $1 FOR UPDATE', [second]);
        }),
      );
    const errors = await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(errors).toContainEqual(
      expect.objectContaining({ code: 'DATABASE_DEADLOCK', sqlState: '40P01', retryable: true }),
    );
  });

  it('database rule 15: 55P03, a lock that another holds', async () => {
    const error = await withClient(async (other) => {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM parent FOR UPDATE');
      return failureOf(database.query('SELECT 1 FROM parent FOR UPDATE NOWAIT'));
    });
    expect(error).toMatchObject({
      code: 'DATABASE_BUSY',
      sqlState: '55P03',
      retryable: true,
      classification: { partial: true },
    });
  });

  it('database rule 15: 57014, a statement that takes too long', async () => {
    const error = await failureOf(database.query('SELECT pg_sleep(5)', [], { timeoutMs: 200 }));
    expect(error).toMatchObject({
      code: 'DATABASE_STATEMENT_TIMEOUT',
      sqlState: '57014',
      classification: { kind: 'timeout' },
    });
  });

  it('database rule 15: 57P01, a session that an administrator ends; what became of the statement is not known', async () => {
    const error = await failureOf(database.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    expect(error).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      sqlState: '57P01',
      outcome: 'unknown',
      classification: { kind: 'unavailable', type: '57P01' },
    });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('database rule 15: in a transaction whose session is ended the first cause is kept', async () => {
    let second: unknown;
    const error = await failureOf(
      database.transaction(async (manager) => {
        await manager.query('INSERT INTO parent VALUES (50)');
        await manager.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
        second = await failureOf(manager.query('SELECT 1'));
      }),
    );
    expect(second).toMatchObject({
      code: 'DATABASE_TRANSACTION_ABORTED',
      cause: { code: '57P01' },
    });
    expect(error).toMatchObject({ code: 'DATABASE_UNEXPECTED_ROLLBACK', cause: { code: '57P01' } });
    expect(await database.query('SELECT * FROM parent WHERE id = 50')).toEqual([]);
  });

  it('database rule 6: 53300, a server without connections left, is told apart from a pool that is used up', async () => {
    const others: Client[] = [];
    try {
      for (;;) {
        const other = new Client(server.url);
        other.on('error', () => undefined);
        const isRefused = await other.connect().then(
          () => false,
          () => true,
        );
        if (isRefused) break;
        others.push(other);
      }
      const held = await Promise.all(
        [0, 1, 2].map(() => failureOf(database.query('SELECT pg_sleep(0.3)'))),
      );
      expect(held).toContainEqual(
        expect.objectContaining({
          code: 'DATABASE_CONNECTION',
          sqlState: '53300',
          outcome: 'not-sent',
          retryable: true,
          classification: expect.objectContaining({ kind: 'throttled', notSent: true }) as unknown,
        }),
      );
    } finally {
      await Promise.all(others.map((other) => other.end()));
    }
  });

  it('what pg cannot bind is a mistake of the caller', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const error = await failureOf(database.query('SELECT $1::json', [circular]));
    expect(error).toMatchObject({
      code: 'DATABASE_INVALID_STATEMENT',
      classification: { kind: 'permanent', reason: 'validation' },
    });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('errors of data open no breaker', async () => {
    for (let call = 0; call < 30; call++) {
      await failureOf(database.query('INSERT INTO parent VALUES (1)'));
    }
    expect(app.breaker?.state).toBe('closed');
  });
});
