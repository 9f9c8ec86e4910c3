import { randomUUID } from 'node:crypto';
import { importPeer, SystemClock } from 'nestjs-mainstay/common';
import { describeCacheStore } from 'nestjs-mainstay/testing/cache';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { RedisServer } from '../../../../test/support/servers/redis-server.js';
import { Invalidations } from '../invalidations.js';
import { MemoryStore } from '../stores/memory-store.js';
import { parseRedisAddress } from '../stores/redis/redis-address.js';
import { RedisConnection } from '../stores/redis/redis-connection.js';
import type { RedisDriver } from '../stores/redis/redis-driver.js';
import { RedisFeed } from '../stores/redis/redis-feed.js';
import { RedisKeys } from '../stores/redis/redis-keys.js';
import { identify } from '../stores/redis/redis-session.js';
import { RedisStore } from '../stores/redis/redis-store.js';
import { RedisTime } from '../stores/redis/redis-time.js';
import { taggedJson } from '../values/tagged-json.js';
import type { SharedLink } from './shared-store.js';
import { TieredStore } from './tiered-store.js';

let redis: RedisServer;
let driver: RedisDriver;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  driver = await importPeer<RedisDriver>('redis', 'the test');
});
afterAll(async () => {
  for (const connection of connections) connection.destroy(new Error('the test has ended'));
  await redis.dispose();
});

/** @param trustsCopies whether what is in memory answers in place of Redis */
function subjectWith(trustsCopies: boolean): Parameters<typeof describeCacheStore>[1]['create'] {
  return async (clock, maxEntries) => {
    const address = parseRedisAddress(redis.url, 'cache');
    const signal = new AbortController().signal;
    const connection = await RedisConnection.open(
      { driver, address, clock, cache: 'cache' },
      signal,
    );
    connections.push(connection);
    const scope = { keys: new RedisKeys(randomUUID()), origin: randomUUID() };
    const time = new RedisTime(clock);
    const feed = new RedisFeed({ scope, time, clock, cache: 'cache' });
    await feed.start(connection);
    await identify(connection);
    // It knows the time of Redis, and goes by the clock of the test from here on.
    feed.stop();
    const common = { connection: () => connection, scope, time, clock, cache: 'cache' };
    const shared = new RedisStore({ ...common, codec: taggedJson, recordLifeMs: 60_000 });
    const link: SharedLink = {
      isUp: true,
      trustedUntil: trustsCopies ? Infinity : -Infinity,
      get silentSince() {
        return clock.now();
      },
      listen: () => undefined,
    };
    return new TieredStore({
      name: 'cache',
      clock,
      memory: new MemoryStore(clock, maxEntries),
      shared,
      link,
      invalidations: new Invalidations(),
      maxWriteAgeMs: 55_000,
    });
  };
}

const runner = { describe, it };
// Redis counts lives from when it was told, by a clock of its own.
const onRedis = {
  isBounded: false,
  earlyMs: 500,
  pass: (ms: number) => new SystemClock().sleep(ms),
};

describeCacheStore(runner, {
  name: 'TieredStore on Redis, where copies answer',
  create: subjectWith(true),
  ...onRedis,
});
describeCacheStore(runner, {
  name: 'TieredStore on Redis, where Redis answers',
  create: subjectWith(false),
  keepsOrder: false,
  ...onRedis,
});
