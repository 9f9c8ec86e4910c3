import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../rejection-of.js';
import { describeOwnServers } from './describe-own-servers.js';
import { MariadbServer } from './mariadb-server.js';
import { pingMariadb } from './ping-mariadb.js';

let server: MariadbServer;
const connections: Connection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  await server?.dispose();
});

/** A connection that lasts until the end of the test. */
async function connect(url: string): Promise<Connection> {
  const connection = await createConnection(url);
  connection.on('error', () => undefined);
  connections.push(connection);
  return connection;
}

/** The first value of one statement on a connection of its own. */
async function query(url: string, statement: string): Promise<unknown> {
  const connection = await connect(url);
  const [rows] = await connection.query<RowDataPacket[][]>({ sql: statement, rowsAsArray: true });
  return rows[0]?.[0];
}

describe('MariadbServer', () => {
  it('gives each test a database of its own, empty', async () => {
    server = await MariadbServer.start();
    const other = await MariadbServer.start();
    await query(server.url, 'CREATE TABLE kept (id int)');
    expect(await query(other.url, "SHOW TABLES LIKE 'kept'")).toBeUndefined();
    await other.dispose();
    expect(await query(server.url, "SHOW TABLES LIKE 'kept'")).toBe('kept');
  });

  it('can be disposed of twice', async () => {
    server = await MariadbServer.start();
    await server.dispose();
    await expect(server.dispose()).resolves.toBeUndefined();
  });
});

describeOwnServers('a MariadbServer of the test itself', () => {
  it('lets in a user who may do nothing outside of the database, by password alone', async () => {
    server = await MariadbServer.start({ args: ['--max-connections=17'] });
    expect(await query(server.url, 'SELECT @@max_connections')).toBe(17);
    const refused = await rejectionOf(query(server.url, 'CREATE DATABASE other'));
    expect(refused).toMatchObject({ code: 'ER_DBACCESS_DENIED_ERROR' });
    await query(server.adminUrl, 'CREATE DATABASE other');
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    expect(await rejectionOf(connect(wrong.href))).toMatchObject({
      code: 'ER_ACCESS_DENIED_ERROR',
    });
  });

  it('is killed at once and comes back on its port with what was committed', async () => {
    server = await MariadbServer.start();
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS id');
    const connection = await connect(server.url);
    const broken = rejectionOf(connection.query('SELECT SLEEP(60)'));
    await server.kill9();
    expect(await broken).toBeInstanceOf(Error);
    expect(await pingMariadb(server.url)).toBe(false);
    await server.restart();
    expect(await query(server.url, 'SELECT id FROM kept')).toBe(1);
  });

  it('answers nothing on open connections while it is stopped, and what was asked once it goes on', async () => {
    server = await MariadbServer.start();
    const connection = await connect(server.url);
    server.stop();
    const answer = connection.query('SELECT 1').then(() => 'answered');
    expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing');
    server.resume();
    expect(await answer).toBe('answered');
  });

  it.each([
    ['running', async () => undefined],
    ['stopped', async () => server.stop()],
    ['dead', () => server.kill9()],
  ])('leaves no directory and no listener when it is disposed of while %s', async (_, prepare) => {
    server = await MariadbServer.start();
    const directory = String(await query(server.adminUrl, 'SELECT @@datadir'));
    expect(existsSync(directory)).toBe(true);
    await prepare();
    await server.dispose();
    expect(existsSync(directory)).toBe(false);
    expect(await pingMariadb(server.url)).toBe(false);
  });

  it('shows its log when it does not start', async () => {
    await expect(MariadbServer.start({ args: ['--no-such-option'] })).rejects.toThrow(
      /ended while it was starting.*no-such-option/s,
    );
  });
});
