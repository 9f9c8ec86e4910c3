import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { afterEach, describe, expect, it } from 'vitest';
import { describeOwnServers } from './describe-own-servers.js';
import { pingRedis } from './ping-redis.js';
import { RedisServer } from './redis-server.js';

let server: RedisServer;

afterEach(async () => {
  await server?.dispose();
});

/** One command on a connection of its own. */
async function send(url: string, ...command: string[]): Promise<unknown> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

describe('RedisServer', () => {
  it('gives each test a server or a database of its own, empty', async () => {
    server = await RedisServer.start();
    const other = await RedisServer.start();
    await send(server.url, 'SET', 'key', 'value');
    expect(await send(other.url, 'DBSIZE')).toBe(0);
    await other.dispose();
    expect(await send(server.url, 'GET', 'key')).toBe('value');
  });

  it('can be disposed of twice', async () => {
    server = await RedisServer.start();
    await server.dispose();
    await expect(server.dispose()).resolves.toBeUndefined();
  });
});

describeOwnServers('a RedisServer of the test itself', () => {
  it('is killed and comes back on its port, without what it held in memory', async () => {
    server = await RedisServer.start();
    await send(server.url, 'SET', 'key', 'value');
    await server.kill9();
    expect(await pingRedis(server.port)).toBe(false);
    await server.restart();
    expect(await send(server.url, 'GET', 'key')).toBeNull();
  });

  it('restarts from running, with its data when it is told to keep them', async () => {
    server = await RedisServer.start({ args: ['--appendonly', 'yes'] });
    await send(server.url, 'SET', 'key', 'value');
    await server.restart();
    expect(await send(server.url, 'GET', 'key')).toBe('value');
  });

  it('answers nothing while it is stopped, and what was asked once it goes on', async () => {
    server = await RedisServer.start();
    server.stop();
    const answer = send(server.url, 'PING');
    expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing');
    server.resume();
    expect(await answer).toBe('PONG');
  });

  it.each([
    ['running', async () => undefined],
    ['stopped', async () => server.stop()],
    ['dead', () => server.kill9()],
  ])('leaves no directory and no listener when it is disposed of while %s', async (_, prepare) => {
    server = await RedisServer.start();
    const { dir } = (await send(server.url, 'CONFIG', 'GET', 'dir')) as { dir: string };
    expect(existsSync(dir)).toBe(true);
    await prepare();
    await server.dispose();
    expect(existsSync(dir)).toBe(false);
    expect(await pingRedis(server.port)).toBe(false);
  });

  it('shows its log when it does not start', async () => {
    await expect(RedisServer.start({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(
      /ended while it was starting.*maxmemory/s,
    );
  });
});
