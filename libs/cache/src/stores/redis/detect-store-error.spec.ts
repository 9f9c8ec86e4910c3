import { inspect } from 'node:util';
import { SystemClock } from 'nestjs-mainstay/common';
import { ErrorDetector, type Classification } from 'nestjs-mainstay/resilience';
import * as driver from 'redis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import { detectStoreError } from './detect-store-error.js';
import { parseRedisAddress } from './redis-address.js';
import { RedisConnection } from './redis-connection.js';

const { signal } = new AbortController();
const clock = new SystemClock();
const detector = new ErrorDetector([detectStoreError]);
const servers: RedisServer[] = [];
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
  return detector.detect(await rejectionOf(work));
}

const configuration = { kind: 'permanent', reason: 'configuration' };

describe('cache rule 23: what Redis replies, each its own kind', () => {
  it('LOADING, BUSY, OOM and the others are those of every user of Redis', async () => {
    const connection = await connect((await server()).url);
    await connection.send(['CONFIG', 'SET', 'maxmemory', '1']);
    expect(await detected(connection.send(['SET', 'key', 'value']))).toEqual({
      kind: 'unavailable',
      retryable: false,
      partial: true,
      type: 'OOM',
    });
  });

  it('NOAUTH and WRONGPASS: a password is needed, or another one', async () => {
    const { url, port } = await server('--requirepass', 'hunter2');
    const auth = { kind: 'permanent', reason: 'auth' };
    expect(await detected(connect(url))).toEqual({ ...auth, type: 'NOAUTH' });
    const wrong = connect(`redis://:wrong@127.0.0.1:${port}`);
    expect(await detected(wrong)).toEqual({ ...auth, type: 'WRONGPASS' });
  });

  it('a database that there is not', async () => {
    const { port } = await server();
    const database = connect(`redis://127.0.0.1:${port}/99`);
    expect(await detected(database)).toEqual({ ...configuration, type: 'NO_SUCH_DATABASE' });
  });

  it('READONLY: a replica; the connection is given up, so that the next finds the master', async () => {
    const master = await server();
    const replica = await server('--replicaof', '127.0.0.1', String(master.port));
    const connection = await connect(replica.url);
    expect(await detected(connection.send(['SET', 'a', '1']))).toMatchObject({ type: 'READONLY' });
    expect(connection.isOpen).toBe(false);
  });

  it('WRONGTYPE and CROSSSLOT: a mistake of the configuration, as a cache names its keys itself', async () => {
    const connection = await connect((await server()).url);
    await connection.send(['LPUSH', 'key', 'value']);
    expect(await detected(connection.send(['GET', 'key']))).toEqual({
      ...configuration,
      type: 'WRONGTYPE',
    });
    const busPort = await freePort();
    const node = await server('--cluster-enabled', 'yes', '--cluster-port', String(busPort));
    const other = await connect(node.url);
    await other.send(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
    await expect
      .poll(() => detected(other.send(['MGET', 'foo', 'bar'])), { timeout: 10_000 })
      .toEqual({ ...configuration, type: 'CROSSSLOT' });
  });

  it('NOSCRIPT: passes, since the script is taught anew, but not by asking again', async () => {
    const connection = await connect((await server()).url);
    expect(await detected(connection.send(['EVALSHA', '0'.repeat(40), '0']))).toEqual({
      kind: 'transient',
      retryable: false,
      type: 'NOSCRIPT',
    });
  });
});

describe('Redis that does not know a command', () => {
  it('tells nobody the password, though it repeats it', async () => {
    const redis = await server('--rename-command', 'HELLO', 'GREET');
    const url = `redis://someone:hunter2@127.0.0.1:${redis.port}`;
    const error = await rejectionOf(connect(url));
    expect(inspect(error)).toContain("unknown command 'HELLO'");
    expect(inspect(error)).not.toMatch(/hunter2|someone/);
    expect(detector.detect(error)).toEqual({ ...configuration, type: 'UNKNOWN_COMMAND' });
  });

  it('tells nobody a key, though it repeats it', async () => {
    const redis = await server('--rename-command', 'MGET', '');
    const connection = await connect(redis.url);
    const lost = await rejectionOf(connection.send(['MGET', 'jane@example.com']));
    expect(inspect(lost)).toContain("unknown command 'MGET'");
    expect(inspect(lost)).not.toContain('jane');
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
});
