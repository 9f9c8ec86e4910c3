import { Client } from 'pg';
import { createClient } from 'redis';
import { afterEach, expect, it, vi } from 'vitest';
import { describeOwnServers } from './describe-own-servers.js';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';

const servers: (RedisServer | PostgresServer)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  // The borrowed ones first: they give back to the others.
  for (const server of servers.splice(0).reverse()) await server.dispose();
});

async function start<T extends RedisServer | PostgresServer>(server: Promise<T>): Promise<T> {
  servers.push(await server);
  return server;
}

async function redis(url: string, ...command: string[]): Promise<unknown> {
  const client = createClient({ url });
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

async function databases(url: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query('SELECT datname FROM pg_database')).rowCount;
  } finally {
    await client.end();
  }
}

describeOwnServers('with the URL of a running server', () => {
  it('RedisServer is an empty database of it that no other test has, until it is given back', async () => {
    const running = await start(RedisServer.start());
    vi.stubEnv('TEST_REDIS_URL', running.url);
    const first = await start(RedisServer.start());
    const second = await start(RedisServer.start());
    expect(new Set([running.url, first.url, second.url]).size).toBe(3);
    await redis(first.url, 'SET', 'key', 'value');
    await first.dispose();
    expect(await redis(first.url, 'DBSIZE')).toBe(0);
    expect((await start(RedisServer.start())).url).toBe(first.url);
  });

  it('PostgresServer is a database of it that goes away in the end', async () => {
    const running = await start(PostgresServer.start());
    vi.stubEnv('TEST_POSTGRES_URL', running.adminUrl);
    const before = await databases(running.adminUrl);
    const borrowed = await start(PostgresServer.start());
    expect(await databases(borrowed.url)).toBe(Number(before) + 1);
    await borrowed.dispose();
    expect(await databases(running.adminUrl)).toBe(before);
  });

  it('neither can be killed, frozen or restarted, and the error says why', async () => {
    const running = await start(RedisServer.start());
    vi.stubEnv('TEST_REDIS_URL', running.url);
    const borrowed = await start(RedisServer.start());
    const reason = /TEST_REDIS_URL is not the tests' own.*describeOwnServers/;
    await expect(borrowed.kill9()).rejects.toThrow(reason);
    await expect(borrowed.restart()).rejects.toThrow(reason);
    expect(() => borrowed.stop()).toThrow(reason);
    expect(() => borrowed.resume()).toThrow(reason);
  });
});
