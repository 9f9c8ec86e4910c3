import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Client, Pool, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { describeOwnServers } from '../../../../../test/support/servers/describe-own-servers.js';
import { PostgresServer } from '../../../../../test/support/servers/postgres-server.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';
import { findPostgresError, sqlStateOf } from './postgres-errors.js';
import { meaningOfSqlState } from './sql-states.js';

const detector = new ErrorDetector();
const clients: Client[] = [];
let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start({ settings: { max_prepared_transactions: '2' } });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
});

afterAll(() => server?.dispose());

async function connect(url = server.url, config: ClientConfig = {}): Promise<Client> {
  const client = new Client({ connectionString: url, ...config });
  client.on('error', () => undefined); // the statements fail with it
  clients.push(client);
  await client.connect();
  return client;
}

async function detected(work: PromiseLike<unknown>): Promise<Classification> {
  return detector.detect(await rejectionOf(work));
}

const permanent = (reason: string, type: string) => ({ kind: 'permanent', reason, type });
const contention = (type: string) => ({ kind: 'transient', partial: true, type });

describe('resilience rule 12: errors that a real PostgreSQL sends', () => {
  it.each([
    ['23505', 'unique', 'conflict', 'INSERT INTO parent VALUES (1)'],
    ['23503', 'foreign-key', 'conflict', 'INSERT INTO child VALUES (1, 99, 1)'],
    ['23P01', 'constraint', 'conflict', "INSERT INTO range VALUES ('[1,5]'), ('[2,3]')"],
    ['23502', 'not-null', 'validation', 'INSERT INTO child VALUES (1, 1, NULL)'],
    ['23514', 'check', 'validation', 'INSERT INTO child VALUES (1, 1, -1)'],
    ['44000', 'check', 'validation', 'INSERT INTO small VALUES (9)'],
    ['22P02', 'data', 'validation', "SELECT 'abc'::int"],
    ['22012', 'data', 'validation', 'SELECT 1/0'],
    ['42601', 'invalid-statement', 'validation', 'SELEC 1'],
    ['42P01', 'invalid-statement', 'validation', 'SELECT * FROM nowhere'],
    ['21000', 'invalid-statement', 'validation', 'SELECT (SELECT generate_series(1, 2))'],
    ['25P01', 'invalid-statement', 'validation', 'SAVEPOINT a'],
    ['55000', 'invalid-statement', 'validation', "SELECT currval('never')"],
    ['54011', 'too-big', 'validation', `SELECT ${'1, '.repeat(2_000)} 1`],
    ['42501', 'permission', 'auth', 'SELECT pg_read_file($$x$$)'],
    ['P0001', 'constraint', 'validation', 'DO $$ BEGIN RAISE EXCEPTION $m$no$m$; END $$'],
    ['0A000', 'invalid-statement', 'validation', 'SELECT DISTINCT id FROM parent FOR UPDATE'],
    ['3F000', 'invalid-statement', 'validation', 'CREATE TABLE nowhere.a ()'],
  ])('%s is %s, %s', async (sqlState, condition, reason, sql) => {
    const client = await connect();
    await client.query(`
      DROP SCHEMA public CASCADE; CREATE SCHEMA public;
      CREATE TABLE parent (id int PRIMARY KEY);
      INSERT INTO parent VALUES (1);
      CREATE TABLE child (id int, parent int REFERENCES parent, amount int NOT NULL CHECK (amount > 0));
      CREATE TABLE range (during int4range, EXCLUDE USING gist (during WITH &&));
      CREATE SEQUENCE never;
      CREATE VIEW small AS SELECT id FROM parent WHERE id < 5 WITH CHECK OPTION`);
    const error = await rejectionOf(client.query(sql));
    expect(detector.detect(error)).toEqual(permanent(reason, sqlState));
    expect(findPostgresError(error)).toMatchObject({ condition, code: sqlState, sqlState });
  });
});

describe('resilience rule 12: conflicts between real transactions', () => {
  async function pair(): Promise<[Client, Client]> {
    const [one, other] = [await connect(), await connect()];
    await one.query('CREATE TABLE IF NOT EXISTS rows (id int PRIMARY KEY, amount int)');
    await one.query('INSERT INTO rows VALUES (1, 0), (2, 0) ON CONFLICT DO NOTHING');
    return [one, other];
  }

  it('40001: they cannot be put in an order; the whole is done again', async () => {
    const [one, other] = await pair();
    for (const client of [one, other]) {
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM rows');
    }
    await one.query('UPDATE rows SET amount = 1 WHERE id = 1; COMMIT');
    const late = other.query('UPDATE rows SET amount = 2 WHERE id = 1');
    expect(await detected(late)).toEqual(contention('40001'));
    const next = other.query('SELECT 1');
    expect(await detected(next)).toEqual(permanent('validation', '25P02'));
  });

  it('40P01: they wait for each other', async () => {
    const [one, other] = await pair();
    for (const [client, id] of [
      [one, 1],
      [other, 2],
    ] as const) {
      await client.query(`SET deadlock_timeout = 10; BEGIN`).catch(() => client.query('BEGIN'));
      await client.query('UPDATE rows SET amount = 1 WHERE id = $1', [id]);
    }
    const both = await Promise.allSettled([
      one.query('UPDATE rows SET amount = 2 WHERE id = 2'),
      other.query('UPDATE rows SET amount = 2 WHERE id = 1'),
    ]);
    const loser = both.find((result) => result.status === 'rejected');
    expect(detector.detect(loser?.reason)).toEqual(contention('40P01'));
  });

  it('55P03 and 55006: somebody else holds what it needs', async () => {
    const [one, other] = await pair();
    await one.query('BEGIN; SELECT * FROM rows FOR UPDATE');
    const waiting = other.query('SELECT * FROM rows FOR UPDATE NOWAIT');
    expect(await detected(waiting)).toEqual(contention('55P03'));
    await other.query('SET lock_timeout = 10; BEGIN');
    expect(await detected(other.query('LOCK TABLE rows'))).toEqual(contention('55P03'));
    const admin = await connect(server.adminUrl);
    await admin.query('CREATE DATABASE held');
    const held = new URL(server.adminUrl);
    held.pathname = '/held';
    await connect(held.href);
    expect(await detected(admin.query('DROP DATABASE held'))).toEqual(contention('55006'));
  });

  it('57014: the statement took too long', async () => {
    const client = await connect();
    await client.query('SET statement_timeout = 10');
    const slow = client.query('SELECT pg_sleep(5)');
    expect(await detected(slow)).toEqual({ kind: 'timeout', type: '57014' });
  });

  it('25P03: a transaction that does nothing for too long ends the session', async () => {
    const client = await connect();
    const ended = new Promise((resolve) => client.once('error', resolve));
    await client.query('SET idle_in_transaction_session_timeout = 20; BEGIN');
    const error = await ended;
    expect(detector.detect(error)).toEqual({ kind: 'timeout', partial: true, type: '25P03' });
  });

  it('57P05: a session that does nothing for too long is ended', async () => {
    const client = await connect();
    const ended = new Promise((resolve) => client.once('error', resolve));
    await client.query('SET idle_session_timeout = 20');
    expect(detector.detect(await ended)).toEqual({ kind: 'unavailable', type: '57P05' });
  });
});

describeOwnServers('resilience rule 12: a real PostgreSQL in trouble', () => {
  it('25006: it takes no writes; reads go on, so that the breaker stays as it is', async () => {
    const client = await connect();
    await client.query('SET default_transaction_read_only = on');
    expect(await detected(client.query('CREATE TABLE a ()'))).toEqual({
      kind: 'unavailable',
      retryable: false,
      partial: true,
      type: '25006',
    });
  });

  it('28P01 and 3D000: another password, and a database that there is not', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    expect(await detected(connect(wrong.href))).toEqual(permanent('auth', '28P01'));
    const nowhere = new URL(server.url);
    nowhere.pathname = '/nowhere';
    expect(await detected(connect(nowhere.href))).toEqual(permanent('configuration', '3D000'));
  });

  it('53300: it has no connection left, and nothing was sent', async () => {
    const full = await PostgresServer.start({
      settings: { max_connections: '4', superuser_reserved_connections: '3' },
    });
    try {
      await connect(full.url);
      expect(await detected(connect(full.url))).toEqual({
        kind: 'throttled',
        notSent: true,
        type: '53300',
      });
    } finally {
      await full.dispose();
    }
  });

  it('53400: a limit of the configuration', async () => {
    const admin = await connect(server.adminUrl);
    await admin.query("SET temp_file_limit = '64kB'; SET work_mem = '64kB'");
    const sorting = admin.query('SELECT g FROM generate_series(1, 100000) g ORDER BY -g');
    expect(await detected(sorting)).toEqual(permanent('configuration', '53400'));
  });

  it('XX001: a page that is damaged', async () => {
    const own = await PostgresServer.start();
    try {
      const admin = await connect(own.adminUrl);
      await admin.query('CREATE TABLE damaged AS SELECT 1 AS a');
      await admin.query('CHECKPOINT');
      const { rows } = await admin.query<{ path: string }>(
        "SELECT pg_relation_filepath('damaged') AS path",
      );
      await admin.query(`COPY (SELECT repeat('x', 8191)) TO PROGRAM 'cat > "${rows[0]?.path}"'`);
      await own.restart();
      const reader = await connect(own.adminUrl);
      expect(await detected(reader.query('SELECT * FROM damaged'))).toEqual({
        kind: 'unavailable',
        retryable: false,
        partial: true,
        type: 'XX001',
      });
    } finally {
      await own.dispose();
    }
  });

  it('57P04: the database is dropped under a session', async () => {
    const admin = await connect(server.adminUrl);
    await admin.query('CREATE DATABASE doomed');
    const url = new URL(server.adminUrl);
    url.pathname = '/doomed';
    const client = await connect(url.href);
    const ended = new Promise((resolve) => client.once('error', resolve));
    await admin.query('DROP DATABASE doomed WITH (FORCE)');
    expect(sqlStateOf(await ended)).toBe('57P01');
    expect(await detected(connect(url.href))).toEqual(permanent('configuration', '3D000'));
  });

  it('57P01: an administrator ends the session, or the server: the work may be done or not', async () => {
    const own = await PostgresServer.start();
    try {
      const client = await connect(own.url);
      const asleep = rejectionOf(client.query('SELECT pg_sleep(60)'));
      await own.restart();
      const error = await asleep;
      expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: '57P01' });
      expect(findPostgresError(error)?.outcome).toBe('unknown');
    } finally {
      await own.dispose();
    }
  });

  it('57P03: it is shutting down, or starting up; nothing was sent', async () => {
    const own = await PostgresServer.start();
    try {
      const admin = await connect(own.adminUrl);
      // Its "smart shutdown" waits for those that are there and refuses others.
      await admin.query(`COPY (SELECT) TO PROGRAM 'kill -TERM $(head -n 1 postmaster.pid)'`);
      await expect
        .poll(() => detected(connect(own.url)))
        .toEqual({ kind: 'unavailable', notSent: true, type: '57P03' });
    } finally {
      await own.dispose();
    }
  });
});

describe("resilience rule 12: errors of pg's own, which have no code", () => {
  it('a pool without a free connection: nothing was sent, and the server is not to blame', async () => {
    const pool = new Pool({ connectionString: server.url, max: 1, connectionTimeoutMillis: 500 });
    const held = await pool.connect();
    expect(await detected(pool.query('SELECT 1'))).toEqual({
      kind: 'timeout',
      notSent: true,
      partial: true,
      type: 'PG_POOL_TIMEOUT',
    });
    held.release();
    await pool.end();
    expect(await detected(pool.query('SELECT 1'))).toEqual({
      kind: 'unavailable',
      notSent: true,
      type: 'PG_POOL_ENDED',
    });
  });

  it('a server that takes the connection and says nothing', async () => {
    const silent = await fakeServer(() => undefined);
    const url = `postgres://a:b@127.0.0.1:${silent.port}/c`;
    const late = { kind: 'timeout', notSent: true, type: 'PG_CONNECT_TIMEOUT' };
    expect(await detected(connect(url, { connectionTimeoutMillis: 50 }))).toEqual(late);
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 50 });
    expect(await detected(pool.query('SELECT 1'))).toEqual(late);
    await silent.close();
  });

  it('a server that speaks no TLS, and one whose TLS nobody understands', async () => {
    const plain = connect(server.url, { ssl: true });
    expect(await detected(plain)).toEqual(permanent('configuration', 'PG_NO_TLS'));
    const odd = await fakeServer((socket) => socket.once('data', () => socket.write('X')));
    const url = `postgres://a:b@127.0.0.1:${odd.port}/c`;
    expect(await detected(connect(url, { ssl: true }))).toEqual({
      kind: 'unavailable',
      notSent: true,
      retryable: false,
      type: 'PG_TLS_FAILED',
    });
    await odd.close();
  });

  it('no password, or an empty one, where one is asked for', async () => {
    const noPassword = permanent('auth', 'PG_NO_PASSWORD');
    for (const password of [undefined, '']) {
      const { port } = server;
      const client = new Client({
        host: '127.0.0.1',
        port,
        user: 'mainstay',
        database: 'documents',
        password,
      });
      client.on('error', () => undefined);
      expect(await detected(client.connect())).toEqual(noPassword);
    }
  });

  it('an answer that does not come in time, and what is asked afterwards', async () => {
    const client = await connect(server.url, { query_timeout: 500 });
    const slow = client.query('SELECT pg_sleep(2)');
    const error = await rejectionOf(slow);
    expect(detector.detect(error)).toEqual({ kind: 'timeout', type: 'PG_QUERY_TIMEOUT' });
    expect(findPostgresError(error)).toMatchObject({
      condition: 'statement-timeout',
      outcome: 'unknown',
    });
    await client.end();
    expect(await detected(client.query('SELECT 1'))).toEqual({
      kind: 'unavailable',
      notSent: true,
      type: 'PG_NOT_QUERYABLE',
    });
  });

  it('nobody listens: the socket says so', async () => {
    const url = `postgres://a:b@127.0.0.1:${await freePort()}/c`;
    const refused = { kind: 'unavailable', notSent: true, type: 'ECONNREFUSED' };
    expect(await detected(connect(url))).toEqual(refused);
  });

  it('the same words of somebody else are not taken for them', () => {
    class ForeignError extends Error {}
    for (const error of [
      new ForeignError('Query read timeout'),
      new Error('Query read timeout of another kind'),
      Object.assign(new Error('Query read timeout'), { code: 'E_OTHER' }),
    ]) {
      expect(findPostgresError(error)).toBeUndefined();
    }
  });
});

describeOwnServers('resilience rule 12: a connection to PostgreSQL that is lost', () => {
  it('while a statement runs, and for those after it', async () => {
    const own = await PostgresServer.start();
    const client = await connect(own.url);
    const asleep = rejectionOf(client.query('SELECT pg_sleep(60)'));
    await own.kill9();
    const error = await asleep;
    expect(detector.detect(error)).toMatchObject({ kind: 'unavailable' });
    expect(detector.detect(error).notSent).not.toBe(true);
    expect(detector.detect(await rejectionOf(client.query('SELECT 1')))).toEqual({
      kind: 'unavailable',
      notSent: true,
      type: 'PG_NOT_QUERYABLE',
    });
    await own.dispose();
  });
});

describe('resilience rule 12: what TypeORM makes of errors of PostgreSQL', () => {
  it('is judged by the error of the driver', async () => {
    const source = new DataSource({
      type: 'postgres',
      url: server.url,
      extra: { query_timeout: 500 },
    });
    await source.initialize();
    const failed = source.query('SELECT 1/0');
    expect(await detected(failed)).toEqual(permanent('validation', '22012'));
    const slow = source.query('SELECT pg_sleep(2)');
    expect(await detected(slow)).toEqual({ kind: 'timeout', type: 'PG_QUERY_TIMEOUT' });
    await source.destroy();
  });
});

describe('SQLSTATEs that cannot be provoked here', () => {
  it.each([
    ['08006', 'connection-lost', 'unavailable'],
    ['08004', 'connection', 'unavailable'],
    ['23999', 'constraint', 'permanent'],
    ['40003', 'connection-lost', 'unavailable'],
    ['53100', 'disk-full', 'unavailable'],
    ['53200', 'out-of-memory', 'transient'],
    ['57P02', 'connection-lost', 'unavailable'],
    ['57P04', 'no-database', 'permanent'],
    ['58030', 'io', 'unavailable'],
    ['72000', 'serialization', 'transient'],
    ['XX002', 'corrupt', 'unavailable'],
    ['XX000', 'server', 'unknown'],
    ['ZZ999', 'server', 'unknown'],
  ])('resilience rule 12: %s is %s, %s', (sqlState, condition, kind) => {
    expect(meaningOfSqlState(sqlState)).toMatchObject({ condition, classification: { kind } });
  });

  it('resilience rule 12: five capitals alone are no SQLSTATE: EPIPE is of a socket', () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    expect(findPostgresError(error)).toBeUndefined();
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: 'EPIPE' });
  });
});

async function fakeServer(
  onConnection: (socket: Socket) => unknown,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const fake: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  const { port } = fake.address() as { port: number };
  return {
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      fake.close();
      await once(fake, 'close');
    },
  };
}
