import assert from 'node:assert';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';

/** The deadlines, and what a busy machine may add to a timer. */
const SOFT_MS = 50 + 300;
const HARD_MS = 500 + 300;
/** Time to notice the end of a fault: a try to connect, and the wait before the next. */
const BACK_MS = 3_000;

const clock = new SystemClock();
let redis: RedisServer;
let network: TcpProxy;
let recorded: RecordedCalls;
/** An instance whose way to Redis may have faults, and one whose way has none. */
let cache: CacheService;
let other: CacheService;
const apps: TestingModule[] = [];

async function start(): Promise<void> {
  recorded = new RecordedCalls();
  redis = await RedisServer.start();
  network = await TcpProxy.start(redis.port);
  cache = await instance(`redis://127.0.0.1:${network.port}`);
  other = await instance(redis.url);
  await Promise.all([untilBack(cache), untilBack(other)]);
  recorded.clear();
}

async function dispose(): Promise<void> {
  for (const app of apps.splice(0)) await app.close();
  await network.dispose();
  await redis.dispose();
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

async function instance(url: string): Promise<CacheService> {
  const app = await Test.createTestingModule({
    imports: [recorded.asModule(), CacheModule.forRoot({ config: { url } })],
  }).compile();
  apps.push(app);
  return app.get(CacheService);
}

/** What a call gave and how long it took. */
async function timed<T>(call: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = clock.now();
  const value = await call;
  return { value, ms: clock.now() - startedAt };
}

/** Waits until a cache has Redis. @returns how long that took, in milliseconds */
async function untilBack(service: CacheService): Promise<number> {
  const startedAt = clock.now();
  while (!(await service.set('back?', 1))) {
    if (clock.now() - startedAt > 15_000) throw new Error('it did not come back');
    await clock.sleep(20);
  }
  return clock.now() - startedAt;
}

/** Sends a command that no cache would. */
async function command(...args: string[]): Promise<unknown> {
  const client = createClient({ url: redis.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
}

/** What was recorded of the calls of one operation; tries are of no interest here. */
function callsOf(operation: string): readonly string[] {
  return recorded.of(`cache.${operation} `).filter((call) => !call.includes(' try '));
}

interface Fault {
  readonly name: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  { name: 'killed', begin: () => redis.kill9(), end: () => redis.restart() },
  { name: 'frozen', begin: () => redis.stop(), end: () => redis.resume() },
  { name: 'in a black hole', begin: () => network.blackHole(), end: () => network.heal() },
  { name: 'cut off', begin: () => network.cut(), end: () => network.heal() },
];

describe.each(FAULTS)('a Redis that is $name', ({ begin, end }) => {
  const keys = Array.from({ length: 5_000 }, (_, index) => `key:${index}`);

  beforeAll(async () => {
    await start();
    for (const key of ['known', 'deleted', 'replaced']) await cache.set(key, 'old', { ttl: '5m' });
    await cache.set('tagged', 'old', { tags: ['tag'] });
    await other.getMany(['known', 'deleted', 'replaced', 'tagged']);
    await begin();
    // Copies are trusted until a look at Redis was due.
    await eventually(async () => assert.ok((await cache.lookup('known')).stale));
  });
  afterAll(dispose);

  it('cache rules 1 and 5: 10,000 calls at once all settle, most of them without waiting', async () => {
    const calls = keys.flatMap((key) => [timed(cache.get('known')), timed(cache.get(key))]);
    const results = await Promise.all(calls);
    expect(new Set(results.map(({ value }) => value))).toEqual(new Set(['old', null]));
    // No matter of deadlines: it takes a busy machine a while to make and settle so many.
    expect(Math.max(...results.map(({ ms }) => ms))).toBeLessThan(HARD_MS + 10_000);
  });

  it('cache rule 1: calls do not wait longer than 50 ms where there is another way, and 500 ms where not', async () => {
    const [known, loaded, ...rest] = await Promise.all([
      timed(cache.get('known')),
      timed(cache.getOrSet('loaded', () => 'new')),
      timed(cache.get('unknown')),
      timed(cache.set('written', 1)),
      timed(cache.delete('unknown')),
      timed(cache.setMany([{ key: 'written', value: 1 }])),
      timed(cache.invalidateTags('unknown')),
    ]);
    expect([known.value, loaded.value]).toEqual(['old', 'new']);
    expect(known.ms).toBeLessThan(SOFT_MS);
    // Once to read and once to store.
    expect(loaded.ms).toBeLessThan(2 * SOFT_MS);
    expect(rest.map(({ value }) => value)).toEqual([null, false, false, false, false]);
    for (const { ms } of rest) expect(ms).toBeLessThan(HARD_MS);
  });

  it('cache rule 13: copies answer, and say that they may be out of date', async () => {
    const stale = { value: 'old', source: 'l1', stale: true };
    expect(await cache.lookup('known')).toMatchObject({ hit: true, ...stale });
    const factory = vi.fn(() => 'new');
    expect(await cache.lookupOrSet('known', factory)).toEqual(stale);
    expect(await cache.getMany(['known', 'unknown'])).toEqual(['old', null]);
    expect(factory).not.toHaveBeenCalled();
  });

  it('cache rule 3: nothing is acknowledged; this process itself goes by what was written', async () => {
    expect(await cache.put('replaced', 'new')).toBe('queued');
    expect(await cache.get('replaced')).toBe('new');
    expect(await cache.delete('deleted')).toBe(false);
    expect(await cache.get('deleted')).toBeNull();
    expect(await cache.invalidateTags('tag')).toBe(false);
    expect(await cache.get('tagged')).toBeNull();
    await expect(cache.lookup('unknown')).rejects.toMatchObject({
      classification: { kind: expect.stringMatching(/^(unavailable|timeout)$/) as string },
    });
  });

  it('cache rule 20: every call is recorded as one attempt and one outcome, a fallback as such', async () => {
    recorded.clear();
    await cache.get('known');
    await cache.set('written', 1);
    expect(callsOf('get')).toEqual([
      'cache.get attempt',
      'cache.get fallback answered',
      'cache.get outcome using-fallback after 1',
      'cache.get hit',
    ]);
    expect(callsOf('set')).toEqual([
      'cache.set attempt',
      'cache.set outcome no-recovery-possible after 1',
      expect.stringMatching(/^cache.set failure /),
    ]);
  });

  describe('and is there again', () => {
    beforeAll(async () => {
      await end();
    });

    it('is taken up by itself within seconds', async () => {
      expect(await untilBack(cache)).toBeLessThan(BACK_MS);
      expect(await untilBack(other)).toBeLessThan(BACK_MS);
    });

    it('gives back nothing that was deleted, replaced or invalidated meanwhile', async () => {
      const changed = ['deleted', 'replaced', 'tagged'];
      expect(await cache.getMany(changed)).not.toContain('old');
      // What was written meanwhile is told to the others.
      await expect.poll(() => other.getMany(changed)).toEqual([null, 'new', null]);
      await expect.poll(() => cache.getMany(changed)).toEqual([null, 'new', null]);
    });

    it('is shared as before', async () => {
      expect(await cache.set('known', 'new')).toBe(true);
      await expect.poll(() => other.lookup('known')).toMatchObject({ value: 'new', stale: false });
      expect(await cache.lookup('known')).toMatchObject({ value: 'new', stale: false });
    });
  });
});

describe('cache rule 11: a clear while Redis is away', () => {
  beforeEach(start);
  afterEach(dispose);

  it('holds for everybody once it is back', async () => {
    await cache.set('key', 'old');
    network.cut();
    await expect.poll(() => cache.clear()).toBe(false);
    expect(await other.get('key')).toBe('old');
    await network.heal();
    expect(await cache.get('key')).toBeNull();
    await untilBack(cache);
    expect(await cache.get('key')).toBeNull();
    await expect.poll(() => other.get('key')).toBeNull();
  });
});

describe('cache rule 1: a Redis that is slow', () => {
  beforeEach(async () => {
    await start();
    await cache.set('known', 'old');
    recorded.clear();
    network.delay(50);
  });
  afterEach(dispose);

  it('is not waited for where a copy or a factory can answer, and is where nothing else can', async () => {
    const [known, loaded, unknown] = await Promise.all([
      timed(cache.lookup('known')),
      timed(cache.getOrSet('loaded', () => 'new')),
      timed(cache.get('unknown')),
    ]);
    expect(known.value).toMatchObject({ value: 'old', source: 'l1' });
    expect(known.ms).toBeLessThan(SOFT_MS);
    expect(loaded.value).toBe('new');
    expect(unknown.value).toBeNull();
    expect(callsOf('get')).toEqual(['cache.get attempt', 'cache.get miss']);
    expect(await cache.set('known', 'new')).toBe(true);
  });

  it('cache rule 13: still brings copies up to date, by answers and messages that come late', async () => {
    await other.set('known', 'new');
    await expect.poll(() => cache.get('known')).toBe('new');
    await other.delete('known');
    await expect.poll(() => cache.get('known')).toBeNull();
  });
});

describe('old writes that were sent to a frozen Redis', () => {
  beforeEach(start);
  afterEach(dispose);

  it('do not land after newer ones', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `key:${index}`);
    const old = `old ${'x'.repeat(200_000)}`;
    redis.stop();
    const written = await Promise.all(keys.map((key) => cache.set(key, old)));
    expect(new Set(written)).toEqual(new Set([false]));
    redis.resume();
    await untilBack(cache);
    await Promise.all(keys.map((key) => cache.set(key, 'new')));
    await expect.poll(async () => new Set(await other.getMany(keys))).toEqual(new Set(['new']));
    for (let look = 0; look < 20; look++) {
      expect(new Set(await other.getMany(keys))).toEqual(new Set(['new']));
    }
  });
});

describe('an old write that is still on its way', () => {
  beforeEach(start);
  afterEach(dispose);

  it('does not land after a newer one', async () => {
    const underWayMs = 3_000;
    const dueAt = clock.now() + underWayMs;
    network.delay(underWayMs);
    expect(await cache.set('key', 'old')).toBe(false);
    network.delay(0);
    await untilBack(cache);
    expect(await cache.set('key', 'new')).toBe(true);
    await clock.sleep(dueAt - clock.now() + 500);
    expect(await other.get('key')).toBe('new');
    expect(await command('GETRANGE', 'mainstay:cache:v2:e:key', '65', '-1')).toBe('"new"');
  });
});

describe('cache rule 10: values of which it was not known whether they arrived', () => {
  beforeAll(start);
  afterAll(dispose);

  /** Redis reads what is under way when it goes on; the connection by which it came has ended by then. */
  async function loseOnTheWay(keys: readonly string[]): Promise<void> {
    redis.stop();
    const lost = keys.map((key) => cache.set(key, 'lost', { tags: [`tag of ${key}`] }));
    await clock.yield();
    network.halfClose();
    expect(new Set(await Promise.all(lost))).toEqual(new Set([false]));
    await eventually(() => expect(network.openConnections).toBe(0));
    network.cut();
  }

  it('do not come back when they arrive after what has invalidated or replaced them', async () => {
    const keys = ['deleted', 'tagged', 'replaced', 'kept'];
    await loseOnTheWay(keys);
    expect(await cache.delete('deleted')).toBe(false);
    expect(await cache.invalidateTags('tag of tagged')).toBe(false);
    expect(await cache.set('replaced', 'new')).toBe(false);
    redis.resume();
    await eventually(async () => {
      expect(await other.getMany(keys)).toEqual(['lost', 'lost', 'lost', 'lost']);
    });
    await network.heal();
    await untilBack(cache);
    await eventually(async () => {
      expect(await other.getMany(keys)).toEqual([null, null, null, 'lost']);
    });
    const { value = null } = await cache.lookup('replaced');
    expect(value).not.toBe('lost');
    expect(await cache.getMany(['deleted', 'tagged'])).toEqual([null, null]);
  });

  it('do not come back either when everything was cleared meanwhile', async () => {
    await loseOnTheWay(['key']);
    expect(await cache.clear()).toBe(false);
    redis.resume();
    await eventually(async () => expect(await other.get('key')).toBe('lost'));
    await network.heal();
    await untilBack(cache);
    await eventually(async () => expect(await other.get('key')).toBeNull());
    expect(await cache.get('key')).toBeNull();
  });
});

describe('cache rule 7: closing', () => {
  beforeEach(start);
  afterEach(dispose);

  it.each(FAULTS)('ends within 2 s while Redis is $name', async ({ begin, end }) => {
    await cache.set('key', 1);
    await begin();
    const deleted = cache.delete('key');
    const startedAt = clock.now();
    for (const app of apps.splice(0)) await app.close();
    expect(clock.now() - startedAt).toBeLessThan(2_000);
    expect(await deleted).toBe(false);
    await end();
  });
});

describe('cache rule 11: writes that are queued when the cache is closed', () => {
  beforeEach(start);
  afterEach(dispose);

  it('are counted in the log, and none is taken on afterwards', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    network.cut();
    await expect.poll(() => cache.put('a', 1)).toBe('queued');
    expect(await cache.delete('b')).toBe(false);
    for (const app of apps.splice(0)) await app.close();

    expect(warn.mock.calls.map(([line]) => String(line))).toContainEqual(
      expect.stringMatching(/^cache was closed while 2 writes were queued .* They are lost:/),
    );
    await expect(cache.put('a', 2)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
    expect(await cache.set('a', 2)).toBe(false);
    expect(await cache.get('a')).toBeNull();
    warn.mockRestore();
  });

  it('are none when all were acknowledged: nothing is said', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    expect(await cache.put('a', 1)).toBe('applied');
    for (const app of apps.splice(0)) await app.close();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('cache rule 23: what Redis replies', () => {
  beforeEach(start);
  afterEach(dispose);

  it('READONLY makes it look for the master again', async () => {
    await command('REPLICAOF', '127.0.0.1', '1');
    expect(await cache.set('key', 1)).toBe(false);
    expect(recorded.of('cache.set failure')).toEqual(['cache.set failure READONLY']);
    expect(await cache.put('key', 1)).toBe('queued');
    await command('REPLICAOF', 'NO', 'ONE');
    expect(await untilBack(cache)).toBeLessThan(BACK_MS);
  });

  it('OOM leaves reads as they are, and no old value where a newer could not be written', async () => {
    await cache.set('key', 'old');
    await cache.set('other', 'value');
    await command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await cache.set('key', 'new')).toBe(false);
    expect(recorded.of('cache.set failure')).toEqual(['cache.set failure OOM']);
    await expect.poll(() => other.get('key')).toBeNull();
    expect(await other.lookup('other')).toMatchObject({ value: 'value', source: 'l2' });
    await command('CONFIG', 'SET', 'maxmemory', '0');
    await expect.poll(() => cache.set('key', 'newest')).toBe(true);
    expect(await other.get('key')).toBe('newest');
  });

  it('OOM does not keep what is deleted', async () => {
    await cache.set('key', 'old');
    await other.get('key');
    await command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await cache.delete('key')).toBe(true);
    await expect.poll(() => other.get('key')).toBeNull();
    await command('CONFIG', 'SET', 'maxmemory', '0');
  });
});

describe('cache rule 13: a Redis that is restarted with older data', () => {
  beforeAll(start);
  afterAll(dispose);

  it('gives back nothing that was deleted, replaced or invalidated since', async () => {
    for (const key of ['deleted', 'replaced']) await cache.set(key, 'old');
    await cache.set('tagged', 'old', { tags: ['tag'] });
    await command('SAVE');
    expect(await cache.delete('deleted')).toBe(true);
    expect(await cache.set('replaced', 'new')).toBe(true);
    expect(await cache.invalidateTags('tag')).toBe(true);
    await redis.kill9();
    await redis.restart();
    await Promise.all([untilBack(cache), untilBack(other)]);
    await clock.sleep(1_000);
    for (const service of [cache, other]) {
      const found = await service.getMany(['deleted', 'replaced', 'tagged']);
      expect(found).toEqual([null, null, null]);
    }
    expect(await cache.set('replaced', 'newer')).toBe(true);
    await expect.poll(() => other.get('replaced')).toBe('newer');
  });
});
