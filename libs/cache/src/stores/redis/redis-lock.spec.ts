import { SystemClock } from 'nestjs-mainstay/common';
import * as driver from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import { parseRedisAddress } from './redis-address.js';
import { RedisConnection } from './redis-connection.js';
import { RedisLock } from './redis-lock.js';

const NAME = 'mainstay:cache:v2:l:key';
let redis: RedisServer;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await RedisServer.start();
  const address = parseRedisAddress(redis.url, 'cache');
  const options = { driver, address, clock: new SystemClock(), cache: 'cache' };
  connection = await RedisConnection.open(options, new AbortController().signal);
});
afterAll(async () => {
  connection.destroy(new Error('the tests have ended'));
  await redis.dispose();
});
beforeEach(async () => {
  await connection.send(['DEL', NAME]);
});

function take(lifeMs = 10_000): Promise<RedisLock | undefined> {
  return RedisLock.take(() => connection, NAME, lifeMs);
}

describe('cache rule 15: a lock in Redis', () => {
  it('has one holder, until it is given back', async () => {
    const lock = await take();
    expect(await take()).toBeUndefined();
    await lock?.release();
    expect(await take()).toBeDefined();
  });

  it('ends by itself', async () => {
    await take(10_000.4);
    const leftMs = (await connection.send(['PTTL', NAME])) as number;
    expect(leftMs).toBeGreaterThan(9_000);
    expect(leftMs).toBeLessThanOrEqual(10_001);
    await take(20);
    await connection.send(['PEXPIRE', NAME, '1']);
    await expect.poll(() => take(20)).toBeDefined();
  });

  it('is not given back by who no longer has it', async () => {
    const former = await take();
    await connection.send(['DEL', NAME]);
    const lock = await take();
    await former?.release();
    expect(await take()).toBeUndefined();
    await lock?.release();
    expect(await connection.send(['EXISTS', NAME])).toBe(0);
  });

  it('is given back also to a server that has forgotten the script', async () => {
    await (await take())?.release();
    const lock = await take();
    await connection.send(['SCRIPT', 'FLUSH']);
    await lock?.release();
    expect(await connection.send(['EXISTS', NAME])).toBe(0);
  });

  it('tells why it could not be taken', async () => {
    const away = (): RedisConnection => {
      throw new Error('away');
    };
    await expect(RedisLock.take(away, NAME, 1_000)).rejects.toThrow('away');
  });
});
