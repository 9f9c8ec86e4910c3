import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { describeOwnServers } from './describe-own-servers.js';
import { pingPostgres } from './ping-postgres.js';
import { PostgresServer } from './postgres-server.js';

let server: PostgresServer;
const clients: Client[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await server?.dispose();
});

/** A connection that lasts until the end of the test. */
async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

/** The first value of one statement on a connection of its own. */
async function query(url: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: statement, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

describe('PostgresServer', () => {
  it('gives each test a database of its own, empty', async () => {
    server = await PostgresServer.start();
    const other = await PostgresServer.start();
    await query(server.url, 'CREATE TABLE kept (id int)');
    expect(await query(other.url, "SELECT to_regclass('kept')")).toBeNull();
    await other.dispose();
    expect(await query(server.url, "SELECT to_regclass('kept')")).toBe('kept');
  });

  it('can be disposed of twice', async () => {
    server = await PostgresServer.start();
    await server.dispose();
    await expect(server.dispose()).resolves.toBeUndefined();
  });
});

describeOwnServers('a PostgresServer of the test itself', () => {
  it('lets in an owner who is no superuser, by password alone', async () => {
    server = await PostgresServer.start({ settings: { max_connections: '7' } });
    const superuser = "SELECT current_setting('is_superuser')";
    expect(await query(server.url, superuser)).toBe('off');
    expect(await query(server.adminUrl, superuser)).toBe('on');
    expect(await query(server.url, 'SHOW max_connections')).toBe('7');
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('kills all its processes and comes back on its port with what was committed', async () => {
    server = await PostgresServer.start();
    const client = await connect(server.url);
    await client.query('CREATE TABLE kept AS SELECT 1 AS id');
    const broken = client.query('SELECT pg_sleep(60)').catch((error: Error) => error);
    await server.kill9();
    expect(await broken).toBeInstanceOf(Error);
    expect(await pingPostgres(server.url)).toBe(false);
    await server.restart();
    expect(await query(server.url, 'SELECT id FROM kept')).toBe(1);
  });

  it('restarts from running, which ends the connections of its clients', async () => {
    server = await PostgresServer.start();
    const client = await connect(server.url);
    const broken = client.query('SELECT pg_sleep(60)').catch((error: Error) => error);
    await server.restart();
    expect(await broken).toMatchObject({ code: '57P01' });
    expect(await query(server.url, 'SELECT 1')).toBe(1);
  });

  it('answers nothing on open connections while it is stopped, and what was asked once it goes on', async () => {
    server = await PostgresServer.start();
    const client = await connect(server.url);
    server.stop();
    const answer = client.query('SELECT 1');
    expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing');
    server.resume();
    expect((await answer).rowCount).toBe(1);
  });

  it.each([
    ['running', async () => undefined],
    ['stopped', async () => server.stop()],
    ['dead', () => server.kill9()],
  ])('leaves no directory and no listener when it is disposed of while %s', async (_, prepare) => {
    server = await PostgresServer.start();
    const directory = String(await query(server.adminUrl, 'SHOW data_directory'));
    expect(existsSync(directory)).toBe(true);
    await prepare();
    await server.dispose();
    expect(existsSync(directory)).toBe(false);
    expect(await pingPostgres(server.url)).toBe(false);
  });

  it('keeps commits on the disk when it is asked to', async () => {
    server = await PostgresServer.start({ durable: true });
    expect(await query(server.url, 'SHOW fsync')).toBe('on');
  });

  it('shows its log when it does not start', async () => {
    await expect(PostgresServer.start({ settings: { max_connections: 'plenty' } })).rejects.toThrow(
      /ended while it was starting.*max_connections/s,
    );
  });
});
