import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { SystemClock } from 'nestjs-mainstay/common';
import { ErrorDetector, type Classification } from 'nestjs-mainstay/resilience';
import * as driver from 'redis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import { detectRedisError, replyCodeOf } from './detect-redis-error.js';
import { parseRedisAddress } from './redis-address.js';
import { RedisConnection } from './redis-connection.js';

const { signal } = new AbortController();
const clock = new SystemClock();
const detector = new ErrorDetector([detectRedisError]);
const servers: { dispose(): Promise<void> }[] = [];
const connections: RedisConnection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0))
    connection.destroy(new Error('the test has ended'));
  for (const started of servers.splice(0)) await started.dispose();
});

async function server(...args: string[]): Promise<RedisServer> {
  const started = await RedisServer.start({ args });
  servers.push(started);
  return started;
}

async function connect(url: string): Promise<RedisConnection> {
  const address = parseRedisAddress(url, 'cache');
  const connection = await RedisConnection.open({ driver, address, clock, cache: 'cache' }, signal);
  connections.push(connection);
  return connection;
}

/** What detection says of the error of some work. */
async function detected(work: Promise<unknown>): Promise<Classification> {
  const error: unknown = await work.then(
    () => new Error('nothing failed'),
    (thrown: unknown) => thrown,
  );
  return detector.detect(error);
}

const unavailable = { kind: 'unavailable', retryable: false };
const refusesWrites = { ...unavailable, partial: true };
const auth = { kind: 'permanent', reason: 'auth' };

describe('cache rule 23: errors that a real Redis replies', () => {
  it('OOM: no memory left for writes', async () => {
    const connection = await connect((await server()).url);
    await connection.send(['CONFIG', 'SET', 'maxmemory', '1']);
    expect(await detected(connection.send(['SET', 'key', 'value']))).toEqual({
      ...refusesWrites,
      type: 'OOM',
    });
    expect(await connection.send(['GET', 'key'])).toBeNull();
    expect(
      await detected(connection.send(['EVAL', "redis.call('SET', 'a', '1')", '0'])),
    ).toMatchObject({
      type: 'OOM',
    });
  });

  it('NOAUTH: a password is needed', async () => {
    const { url } = await server('--requirepass', 'hunter2');
    const connection = await connect(url);
    expect(await detected(connection.send(['PING']))).toEqual({ ...auth, type: 'NOAUTH' });
  });

  it('WRONGPASS: another password is needed', async () => {
    const { port } = await server('--requirepass', 'hunter2');
    expect(await detected(connect(`redis://:wrong@127.0.0.1:${port}`))).toEqual({
      ...auth,
      type: 'WRONGPASS',
    });
  });

  it('a password where none is set', async () => {
    const { port } = await server();
    expect(await detected(connect(`redis://:secret@127.0.0.1:${port}`))).toMatchObject({
      kind: 'permanent',
      type: 'NO_PASSWORD_SET',
    });
  });

  it('NOPERM: the user may not', async () => {
    const { url, port } = await server();
    const admin = await connect(url);
    await admin.send(['ACL', 'SETUSER', 'reader', 'on', '>pass', '+@read', '+ping', '~*']);
    const reader = await connect(`redis://reader:pass@127.0.0.1:${port}`);
    expect(await detected(reader.send(['SET', 'a', '1']))).toEqual({ ...auth, type: 'NOPERM' });
  });

  it('READONLY: a replica; the connection is given up, so that the next finds the master', async () => {
    const master = await server();
    const replica = await server('--replicaof', '127.0.0.1', String(master.port));
    const connection = await connect(replica.url);
    expect(await detected(connection.send(['SET', 'a', '1']))).toEqual({
      ...refusesWrites,
      type: 'READONLY',
    });
    expect(connection.isOpen).toBe(false);
  });

  it('MASTERDOWN: a replica that serves nothing without its master', async () => {
    const connection = await connect((await server()).url);
    await connection.send(['CONFIG', 'SET', 'replica-serve-stale-data', 'no']);
    await connection.send(['REPLICAOF', '127.0.0.1', '1']);
    expect(await detected(connection.send(['GET', 'a']))).toEqual({
      ...unavailable,
      type: 'MASTERDOWN',
    });
  });

  it('MISCONF: snapshots fail, so that it takes no writes', async () => {
    const connection = await connect((await server('--save', '3600 1')).url);
    const [, directory] = (await connection.send(['CONFIG', 'GET', 'dir'])) as [string, string];
    await rm(directory, { recursive: true });
    await connection.send(['BGSAVE']);
    await expect
      .poll(() => detected(connection.send(['SET', 'a', '2'])), { timeout: 5_000 })
      .toEqual({ ...refusesWrites, type: 'MISCONF' });
  });

  it('NOREPLICAS: not enough replicas for a write', async () => {
    const connection = await connect((await server('--min-replicas-to-write', '1')).url);
    expect(await detected(connection.send(['SET', 'a', '1']))).toEqual({
      ...refusesWrites,
      type: 'NOREPLICAS',
    });
  });

  it('BUSY: a script holds it up', async () => {
    const { url } = await server('--busy-reply-threshold', '50');
    const [first, other] = [await connect(url), await connect(url)];
    const script = first.send(['EVAL', 'while true do end', '0']).catch(() => undefined);
    await expect
      .poll(() => detected(other.send(['GET', 'a'])), { timeout: 2_000 })
      .toEqual({ ...unavailable, type: 'BUSY' });
    await other.send(['SCRIPT', 'KILL']);
    await script;
  });

  it('CLUSTERDOWN, MOVED and CROSSSLOT: a node of a cluster', async () => {
    const [one, other] = [await clusterNode(), await clusterNode()];
    const connection = await connect(one.redis.url);
    expect(await detected(connection.send(['GET', 'foo']))).toEqual({
      ...unavailable,
      type: 'CLUSTERDOWN',
    });
    await connection.send(['CLUSTER', 'ADDSLOTSRANGE', '0', '8191']);
    const second = await connect(other.redis.url);
    await second.send(['CLUSTER', 'ADDSLOTSRANGE', '8192', '16383']);
    const address = ['127.0.0.1', String(other.redis.port), String(other.busPort)];
    await connection.send(['CLUSTER', 'MEET', ...address]);
    await expect
      .poll(() => detected(connection.send(['GET', 'foo'])), { timeout: 10_000 })
      .toEqual({ kind: 'permanent', type: 'MOVED', reason: 'configuration' });
    expect(await detected(connection.send(['MGET', 'foo', 'bar']))).toEqual({
      kind: 'permanent',
      type: 'CROSSSLOT',
      reason: 'configuration',
    });
  });

  it('a database that there is not', async () => {
    const { port } = await server();
    expect(await detected(connect(`redis://127.0.0.1:${port}/99`))).toEqual({
      kind: 'permanent',
      type: 'NO_SUCH_DATABASE',
      reason: 'configuration',
    });
  });

  it('too many clients', async () => {
    const { url } = await server('--maxclients', '1');
    await connect(url);
    expect(await detected(connect(url).then((second) => second.send(['PING'])))).toMatchObject({
      kind: 'unavailable',
    });
  });

  it('LOADING: it reads its data first', async () => {
    const fake = await fakeServer('-LOADING Redis is loading the dataset in memory\r\n');
    const connection = await connect(`redis://127.0.0.1:${fake}`);
    expect(await detected(connection.send(['GET', 'a']))).toEqual({
      ...unavailable,
      type: 'LOADING',
    });
  });

  it('of a script, as Redis 6 wraps them', async () => {
    const fake = await fakeServer(
      "-ERR Error running script (call to f_6a): @user_script:1: -OOM command not allowed when used memory > 'maxmemory'. \r\n",
    );
    const connection = await connect(`redis://127.0.0.1:${fake}`);
    expect(await detected(connection.send(['EVALSHA', '6a', '0']))).toMatchObject({ type: 'OOM' });
  });
});

describe('Redis that does not know a command', () => {
  it('tells nobody the password, though it repeats it', async () => {
    const redis = await server('--rename-command', 'AUTH', 'LOGIN');
    const url = `redis://someone:hunter2@127.0.0.1:${redis.port}`;
    const error: unknown = await connect(url).catch((refused: unknown) => refused);
    expect(inspect(error)).toContain("unknown command 'AUTH'");
    expect(inspect(error)).not.toMatch(/hunter2|someone/);
    expect(detector.detect(error)).toEqual({
      kind: 'permanent',
      reason: 'configuration',
      type: 'UNKNOWN_COMMAND',
    });
  });

  it('tells nobody a key, though it repeats it', async () => {
    const redis = await server('--rename-command', 'MGET', '');
    const connection = await connect(redis.url);
    const lost: unknown = await connection
      .send(['MGET', 'jane@example.com'])
      .catch((refused: unknown) => refused);
    expect(inspect(lost)).toContain("unknown command 'MGET'");
    expect(inspect(lost)).not.toContain('jane');
  });
});

describe('Redis that holds something else under our names', () => {
  it('WRONGTYPE: is a mistake of the configuration', async () => {
    const connection = await connect((await server()).url);
    await connection.send(['LPUSH', 'key', 'value']);
    expect(await detected(connection.send(['GET', 'key']))).toEqual({
      kind: 'permanent',
      reason: 'configuration',
      type: 'WRONGTYPE',
    });
  });
});

describe('cache rule 23: errors of the connection', () => {
  it('a server that ends it', async () => {
    const redis = await server();
    const connection = await connect(redis.url);
    redis.stop();
    const waiting = detected(connection.send(['GET', 'a']));
    await redis.kill9();
    expect(await waiting).toMatchObject({ kind: 'unavailable' });
    expect(await detected(connection.send(['GET', 'a']))).toMatchObject({
      kind: 'unavailable',
      type: 'CACHE_TIER_UNAVAILABLE',
      notSent: true,
    });
  });

  it('what is no error of Redis is left to others', () => {
    expect(detectRedisError(new Error('OOM command not allowed'))).toBeUndefined();
    expect(detectRedisError(new TypeError('BUSY'))).toBeUndefined();
    expect(detectRedisError('LOADING')).toBeUndefined();
    expect(replyCodeOf(new Error('NOSCRIPT'))).toBeUndefined();
    expect(detector.detect(replied('ERR syntax error'))).toMatchObject({ kind: 'unknown' });
  });
});

async function clusterNode(): Promise<{ redis: RedisServer; busPort: number }> {
  const busPort = await freePort();
  const redis = await server('--cluster-enabled', 'yes', '--cluster-port', String(busPort));
  return { redis, busPort };
}

function replied(message: string): Error {
  return new driver.SimpleError(message);
}

/** Answers every command with one reply. @returns its port */
async function fakeServer(reply: string): Promise<number> {
  const fake: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const commands = chunk
        .toString()
        .split('\r\n')
        .filter((line) => line.startsWith('*')).length;
      socket.write(reply.repeat(commands));
    });
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  servers.push({ dispose: async () => void fake.close() });
  return (fake.address() as { port: number }).port;
}
