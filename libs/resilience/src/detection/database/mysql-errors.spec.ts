import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import {
  createConnection,
  createPool,
  createPoolCluster,
  type Connection,
  type ConnectionOptions,
} from 'mysql2/promise';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { describeOwnServers } from '../../../../../test/support/servers/describe-own-servers.js';
import { MariadbServer } from '../../../../../test/support/servers/mariadb-server.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';
import { findMysqlError } from './mysql-errors.js';

const detector = new ErrorDetector();
const connections: Connection[] = [];
let server: MariadbServer;

beforeAll(async () => {
  server = await MariadbServer.start();
});

afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
});

afterAll(() => server?.dispose());

async function connect(uri = server.url, options: ConnectionOptions = {}): Promise<Connection> {
  const connection = await createConnection({ uri, ...options });
  connection.on('error', () => undefined); // the statements fail with it
  connections.push(connection);
  return connection;
}

async function detected(work: PromiseLike<unknown>): Promise<Classification> {
  return detector.detect(await rejectionOf(work));
}

const permanent = (reason: string, type: string) => ({ kind: 'permanent', reason, type });
const contention = (type: string) => ({ kind: 'transient', partial: true, type });
const nothingSent = (type: string) => ({ kind: 'unavailable', notSent: true, type });

describe('resilience rule 12: errors that a real MariaDB sends', () => {
  it.each([
    ['ER_DUP_ENTRY', 'unique', 'conflict', 'INSERT INTO parent VALUES (1)'],
    ['ER_NO_REFERENCED_ROW_2', 'foreign-key', 'conflict', 'INSERT INTO child VALUES (1, 99, 1)'],
    ['ER_ROW_IS_REFERENCED_2', 'foreign-key', 'conflict', 'DELETE FROM parent'],
    ['ER_BAD_NULL_ERROR', 'not-null', 'validation', 'INSERT INTO child VALUES (1, 1, NULL)'],
    ['ER_NO_DEFAULT_FOR_FIELD', 'not-null', 'validation', 'INSERT INTO child (id) VALUES (1)'],
    ['ER_CONSTRAINT_FAILED', 'check', 'validation', 'INSERT INTO child VALUES (1, 1, -1)'],
    ['ER_SIGNAL_EXCEPTION', 'constraint', 'validation', "SIGNAL SQLSTATE '45000'"],
    ['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', 'data', 'validation', "INSERT INTO parent VALUES ('x')"],
    ['ER_DATA_TOO_LONG', 'data', 'validation', "INSERT INTO texts VALUES ('abcdef')"],
    ['ER_WARN_DATA_OUT_OF_RANGE', 'data', 'validation', 'INSERT INTO parent VALUES (1e30)'],
    ['ER_PARSE_ERROR', 'invalid-statement', 'validation', 'SELEC 1'],
    ['ER_NO_SUCH_TABLE', 'invalid-statement', 'validation', 'SELECT * FROM nowhere'],
    ['ER_BAD_FIELD_ERROR', 'invalid-statement', 'validation', 'SELECT nothing FROM parent'],
    [
      'ER_WRONG_VALUE_COUNT_ON_ROW',
      'invalid-statement',
      'validation',
      'INSERT INTO parent VALUES (1, 2)',
    ],
    ['ER_DBACCESS_DENIED_ERROR', 'permission', 'auth', 'CREATE DATABASE other'],
    ['ER_TABLEACCESS_DENIED_ERROR', 'permission', 'auth', 'SELECT * FROM mysql.user'],
    ['ER_SPECIFIC_ACCESS_DENIED_ERROR', 'permission', 'auth', 'SET GLOBAL read_only = 1'],
  ])('%s is %s, %s', async (code, condition, reason, sql) => {
    const connection = await connect();
    for (const statement of [
      'CREATE TABLE IF NOT EXISTS parent (id int PRIMARY KEY)',
      'CREATE TABLE IF NOT EXISTS child (id int PRIMARY KEY, parent int REFERENCES parent (id), amount int NOT NULL CHECK (amount > 0))',
      'CREATE TABLE IF NOT EXISTS texts (a varchar(3))',
      'INSERT IGNORE INTO parent VALUES (1)',
      'INSERT IGNORE INTO child VALUES (7, 1, 7)',
    ]) {
      await connection.query(statement);
    }
    const error = await rejectionOf(connection.query(sql));
    expect(detector.detect(error)).toEqual(permanent(reason, code));
    expect(findMysqlError(error)).toMatchObject({ condition, code });
    expect(findMysqlError(error)?.sqlState).toMatch(/^[0-9A-Z]{5}$/);
  });

  it('ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: the caller asked for one', async () => {
    const connection = await connect();
    await connection.query('CREATE TABLE IF NOT EXISTS written (id int)');
    await connection.query('START TRANSACTION READ ONLY');
    const error = await rejectionOf(connection.query('INSERT INTO written VALUES (1)'));
    expect(findMysqlError(error)?.condition).toBe('read-only-transaction');
    const type = 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION';
    expect(detector.detect(error)).toEqual(permanent('validation', type));
  });
});

describe('resilience rule 12: conflicts between real transactions of MariaDB', () => {
  async function pair(): Promise<[Connection, Connection]> {
    const [one, other] = [await connect(), await connect()];
    await one.query('CREATE TABLE IF NOT EXISTS rivals (id int PRIMARY KEY, amount int)');
    await one.query('INSERT IGNORE INTO rivals VALUES (1, 0), (2, 0)');
    for (const connection of [one, other]) await connection.query('BEGIN');
    return [one, other];
  }

  it('ER_LOCK_DEADLOCK: they wait for each other', async () => {
    const [one, other] = await pair();
    await one.query('UPDATE rivals SET amount = 1 WHERE id = 1');
    await other.query('UPDATE rivals SET amount = 1 WHERE id = 2');
    const both = await Promise.allSettled([
      one.query('UPDATE rivals SET amount = 2 WHERE id = 2'),
      other.query('UPDATE rivals SET amount = 2 WHERE id = 1'),
    ]);
    const loser = both.find((result) => result.status === 'rejected');
    expect(detector.detect(loser?.reason)).toEqual(contention('ER_LOCK_DEADLOCK'));
  });

  it('ER_LOCK_WAIT_TIMEOUT: somebody else holds what it needs', async () => {
    const [one, other] = await pair();
    await one.query('SELECT * FROM rivals FOR UPDATE');
    const waiting = other.query('SELECT * FROM rivals FOR UPDATE NOWAIT');
    expect(await detected(waiting)).toEqual(contention('ER_LOCK_WAIT_TIMEOUT'));
  });

  it('ER_CHECKREAD: the row has changed since the transaction read it', async () => {
    const [one, other] = await pair();
    await one.query('COMMIT');
    await one.query('SET innodb_snapshot_isolation = ON');
    await one.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await other.query('UPDATE rivals SET amount = amount + 1 WHERE id = 1');
    await other.query('COMMIT');
    const late = one.query('UPDATE rivals SET amount = 9 WHERE id = 1');
    expect(await detected(late)).toEqual(contention('ER_CHECKREAD'));
  });

  it('ER_STATEMENT_TIMEOUT and ER_QUERY_INTERRUPTED: it took too long, or was ended', async () => {
    const connection = await connect();
    await connection.query('CREATE TABLE IF NOT EXISTS many AS SELECT seq FROM seq_1_to_2000');
    const endless = 'SELECT COUNT(*) FROM many a, many b, many c';
    await connection.query('SET max_statement_time = 0.05');
    const late = { kind: 'timeout', type: 'ER_STATEMENT_TIMEOUT' };
    expect(await detected(connection.query(endless))).toEqual(late);
    await connection.query('SET max_statement_time = 0');
    const killed = detected(connection.query(endless));
    const other = await connect();
    const running = `SELECT command FROM information_schema.processlist WHERE id = ${connection.threadId}`;
    await expect.poll(async () => (await other.query(running))[0]).toEqual([{ command: 'Query' }]);
    await other.query(`KILL QUERY ${connection.threadId}`);
    expect(await killed).toEqual({ kind: 'timeout', type: 'ER_QUERY_INTERRUPTED' });
  });
});

describeOwnServers('resilience rule 12: a real MariaDB in trouble', () => {
  it('ER_ACCESS_DENIED_ERROR, ER_ACCOUNT_HAS_BEEN_LOCKED and ER_BAD_DB_ERROR', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    expect(await detected(connect(wrong.href))).toEqual(
      permanent('auth', 'ER_ACCESS_DENIED_ERROR'),
    );
    const admin = await connect(server.adminUrl);
    await admin.query("CREATE USER 'locked'@'%' IDENTIFIED BY 'x' ACCOUNT LOCK");
    const locked = connect(`mysql://locked:x@127.0.0.1:${server.port}/`);
    expect(await detected(locked)).toEqual(permanent('auth', 'ER_ACCOUNT_HAS_BEEN_LOCKED'));
    const nowhere = new URL(server.adminUrl);
    nowhere.pathname = '/nowhere';
    expect(await detected(connect(nowhere.href))).toEqual(
      permanent('configuration', 'ER_BAD_DB_ERROR'),
    );
  });

  it('ER_CON_COUNT_ERROR and ER_USER_LIMIT_REACHED: it has no connection left', async () => {
    const full = await MariadbServer.start({ args: ['--max-connections=10'] });
    try {
      const admin = await connect(full.adminUrl);
      const few = "CREATE USER 'few'@'%' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 1";
      await admin.query(few);
      const url = `mysql://few:x@127.0.0.1:${full.port}/`;
      await connect(url);
      const throttled = { kind: 'throttled', notSent: true };
      const second = await rejectionOf(connect(url));
      expect(findMysqlError(second)?.condition).toBe('server');
      expect(detector.detect(second)).toEqual({ kind: 'throttled', type: 'ER_USER_LIMIT_REACHED' });
      const many = Array.from({ length: 12 }, () => connect(full.url));
      const refused = (await Promise.allSettled(many)).find(({ status }) => status === 'rejected');
      const { reason } = refused as PromiseRejectedResult;
      expect(detector.detect(reason)).toEqual({ ...throttled, type: 'ER_CON_COUNT_ERROR' });
    } finally {
      await full.dispose();
    }
  });

  it('ER_OPTION_PREVENTS_STATEMENT: it takes no writes; reads go on', async () => {
    const replica = await MariadbServer.start({ args: ['--read-only'] });
    try {
      const connection = await connect(replica.url);
      expect(await detected(connection.query('CREATE TABLE a (id int)'))).toEqual({
        kind: 'unavailable',
        retryable: false,
        partial: true,
        type: 'ER_OPTION_PREVENTS_STATEMENT',
      });
    } finally {
      await replica.dispose();
    }
  });

  it('ER_RECORD_FILE_FULL: a table that is full', async () => {
    const connection = await connect();
    await connection.query('SET max_heap_table_size = 16384');
    await connection.query('CREATE TEMPORARY TABLE small (a char(255)) ENGINE = MEMORY');
    const filling = connection.query("INSERT INTO small SELECT 'x' FROM seq_1_to_10000");
    expect(await detected(filling)).toMatchObject({
      kind: 'unavailable',
      partial: true,
      type: 'ER_RECORD_FILE_FULL',
    });
  });

  it('ER_NET_PACKET_TOO_LARGE: a statement that it does not take', async () => {
    // Little enough to be sent at once: the server refuses it by its first bytes, and closes the connection.
    const small = await MariadbServer.start({ args: ['--max-allowed-packet=16384'] });
    try {
      const connection = await connect(small.url);
      const long = connection.query(`SELECT '${'x'.repeat(40_000)}'`);
      expect(await detected(long)).toEqual(permanent('validation', 'ER_NET_PACKET_TOO_LARGE'));
    } finally {
      await small.dispose();
    }
  });

  it('a connection that is killed while a statement runs, and what is asked on it afterwards', async () => {
    const own = await MariadbServer.start();
    const connection = await connect(own.url);
    const asleep = detected(connection.query('SELECT SLEEP(60)'));
    await own.kill9();
    const lost = await asleep;
    expect(lost).toMatchObject({ kind: 'unavailable' });
    expect(lost.type).toMatch(/^(ECONNRESET|PROTOCOL_CONNECTION_LOST)$/);
    expect(lost).not.toHaveProperty('notSent');
    const next = connection.query('SELECT 1');
    expect(await detected(next)).toEqual(nothingSent('MYSQL_CLOSED'));
    await own.dispose();
  });
});

describe("resilience rule 12: errors of mysql2's own", () => {
  it('an answer that does not come in time', async () => {
    const connection = await connect();
    const slow = connection.query({ sql: 'SELECT SLEEP(1)', timeout: 50 });
    const type = 'PROTOCOL_SEQUENCE_TIMEOUT';
    expect(await detected(slow)).toEqual({ kind: 'timeout', type });
  });

  it('nobody listens, or a server takes the connection and says nothing', async () => {
    const url = `mysql://a:b@127.0.0.1:${await freePort()}/c`;
    expect(await detected(connect(url))).toEqual(nothingSent('ECONNREFUSED'));
    const silent = await fakeServer(() => undefined);
    const quiet = connect(`mysql://a:b@127.0.0.1:${silent.port}/c`, { connectTimeout: 50 });
    expect(await detected(quiet)).toEqual({ kind: 'timeout', notSent: true, type: 'ETIMEDOUT' });
    await silent.close();
  });

  it('a server that ends the connection', async () => {
    const ending = await fakeServer((socket) => socket.end());
    const error = await rejectionOf(connect(`mysql://a:b@127.0.0.1:${ending.port}/c`));
    const type = 'PROTOCOL_CONNECTION_LOST';
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type });
    expect(findMysqlError(error)).toMatchObject({
      condition: 'connection-lost',
      outcome: 'unknown',
    });
    await ending.close();
  });

  it('a server that speaks no TLS', async () => {
    const plain = connect(server.url, { ssl: { rejectUnauthorized: false } });
    expect(await detected(plain)).toEqual(permanent('configuration', 'HANDSHAKE_NO_SSL_SUPPORT'));
  });

  it('a pool without a free connection refuses here: nothing was sent', async () => {
    const options = { uri: server.url, connectionLimit: 1 };
    const impatient = createPool({ ...options, waitForConnections: false });
    const held = await impatient.getConnection();
    const rejected = { kind: 'rejected', notSent: true };
    expect(await detected(impatient.query('SELECT 1'))).toEqual({
      ...rejected,
      type: 'MYSQL_POOL_EXHAUSTED',
    });
    held.release();
    const short = createPool({ ...options, queueLimit: 1 });
    const other = await short.getConnection();
    const waiting = short.query('SELECT 1');
    expect(await detected(short.query('SELECT 1'))).toEqual({
      ...rejected,
      type: 'MYSQL_POOL_QUEUE_FULL',
    });
    other.release();
    await waiting;
    await Promise.all([impatient.end(), short.end()]);
    expect(await detected(short.query('SELECT 1'))).toEqual(nothingSent('MYSQL_POOL_CLOSED'));
  });

  it('a cluster of pools that has none of that name', async () => {
    const cluster = createPoolCluster();
    const getting = cluster.getConnection('nowhere');
    expect(await detected(getting)).toEqual(permanent('configuration', 'POOL_NOEXIST'));
    await cluster.end();
  });

  it('is judged inside of what TypeORM makes of it', async () => {
    const source = new DataSource({ type: 'mariadb', url: server.url });
    await source.initialize();
    const failed = source.query('SELECT * FROM nowhere');
    expect(await detected(failed)).toEqual(permanent('validation', 'ER_NO_SUCH_TABLE'));
    await source.destroy();
  });

  it('the same words or numbers of somebody else are not taken for them', () => {
    class ForeignError extends Error {}
    expect(findMysqlError(new ForeignError('Pool is closed.'))).toBeUndefined();
    expect(
      findMysqlError(Object.assign(new Error('Pool is closed.'), { code: 'X' })),
    ).toBeUndefined();
    const ofNode = Object.assign(new Error('x'), { errno: 1062, code: 'X' });
    expect(findMysqlError(ofNode)).toBeUndefined();
  });
});

describe('codes of MySQL that no MariaDB sends, as mysql2 gives them', () => {
  const sent = (code: string, errno: number, sqlState: string): Error =>
    Object.assign(new Error('as the server says'), { code, errno, sqlState });

  it.each([
    ['ER_CHECK_CONSTRAINT_VIOLATED', 3819, 'HY000', 'check', 'permanent'],
    ['ER_LOCK_NOWAIT', 3572, 'HY000', 'busy', 'transient'],
    ['ER_QUERY_TIMEOUT', 3024, 'HY000', 'statement-timeout', 'timeout'],
    ['ER_SERVER_SHUTDOWN', 1053, '08S01', 'connection-lost', 'unavailable'],
    ['ER_HOST_IS_BLOCKED', 1129, 'HY000', 'connection', 'unavailable'],
    ['ER_DISK_FULL', 1021, 'HY000', 'disk-full', 'unavailable'],
    ['ER_CRASHED_ON_USAGE', 1194, 'HY000', 'corrupt', 'unavailable'],
    ['ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE', 4025, 'HY000', 'server', 'unknown'],
    ['ER_SOMETHING', 9999, 'HY000', 'server', 'unknown'],
  ])('resilience rule 12: %s is %i', (code, errno, sqlState, condition, kind) => {
    expect(findMysqlError(sent(code, errno, sqlState))).toMatchObject({
      condition,
      classification: { kind, type: code },
    });
  });

  it('resilience rule 12: what MySQL says before it closes an idle connection', () => {
    const error = Object.assign(new Error('idle'), { code: 4031, fatal: true });
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: 'MYSQL_4031' });
  });
});

async function fakeServer(
  onConnection: (socket: Socket) => unknown,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const fake = createServer((socket) => {
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
