import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describeSharedStore } from 'nestjs-mainstay/testing/cache';
import * as driver from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import type { CacheCodec } from '../../values/cache-codec.js';
import { toCachedValue } from '../../values/cached-value.js';
import { taggedJson } from '../../values/tagged-json.js';
import type { Invalidation } from '../../invalidation.js';
import type { WriteKind } from '../../tiers/shared-store.js';
import type { CacheEntry } from '../cache-store.js';
import { parseRedisAddress } from './redis-address.js';
import { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { RedisFeed } from './redis-feed.js';
import { identify } from './redis-session.js';
import { RedisStore } from './redis-store.js';
import { RedisTime } from './redis-time.js';
import type { ScriptScope } from './store-script.js';

const { signal } = new AbortController();
const connections: RedisConnection[] = [];
let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(async () => {
  for (const connection of connections) connection.destroy(new Error('the tests have ended'));
  await redis.dispose();
});
afterEach(() => vi.restoreAllMocks());

async function connect(clock: Clock): Promise<RedisConnection> {
  const address = parseRedisAddress(redis.url, 'cache');
  const options = { driver, address, clock, cache: 'cache' };
  const connection = await RedisConnection.open(options, signal);
  connections.push(connection);
  return connection;
}

/** A store as the parts above it use it, and what it is made of. */
class TestedStore extends RedisStore {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;

  static async on(
    clock: Clock,
    namespace: string = randomUUID(),
    codec = taggedJson,
  ): Promise<TestedStore> {
    const connection = await connect(clock);
    const scope = { keys: new RedisKeys(namespace), origin: randomUUID() };
    const time = new RedisTime(clock);
    const feed = new RedisFeed({ scope, time, clock, cache: 'cache' });
    await feed.start(connection);
    await identify(connection);
    const store = new TestedStore(connection, scope, time, clock, codec, feed);
    // As every connection is tested before it is used.
    await store.check();
    return store;
  }

  private constructor(
    connection: RedisConnection,
    scope: ScriptScope,
    time: RedisTime,
    clock: Clock,
    codec: CacheCodec,
    readonly feed: RedisFeed,
  ) {
    const options = { connection: () => connection, scope, time, clock, cache: 'cache' };
    super({ ...options, codec, recordLifeMs: 60_000 });
    this.connection = connection;
    this.keys = scope.keys;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    return (await this.getMany([key]))[0];
  }

  async set(key: string, entry: CacheEntry, kind: WriteKind = 'call'): Promise<boolean> {
    return (await this.setMany([[key, entry]], kind)).length === 0;
  }
}

function storeOn(clock: Clock, namespace?: string, codec?: CacheCodec): Promise<TestedStore> {
  return TestedStore.on(clock, namespace, codec);
}

function rotated(text: unknown): string {
  return String(text).replace(/[a-z]/g, (letter) =>
    String.fromCharCode(97 + ((letter.charCodeAt(0) - 84) % 26)),
  );
}

function entryOf(value: unknown, options: Partial<CacheEntry> = {}): CacheEntry {
  const expiresAt = options.expiresAt ?? Infinity;
  const times = { createdAt: 0, asOf: 0, expiresAt, staleUntil: expiresAt };
  const defaults = { ...times, order: 1, tags: undefined };
  return { ...toCachedValue(value), ...defaults, ...options };
}

let shared: readonly TestedStore[] = [];

describeSharedStore(
  { describe, it },
  {
    name: 'RedisStore',
    create: async (clock) => {
      const namespace = randomUUID();
      const [one, other] = [await storeOn(clock, namespace), await storeOn(clock, namespace)];
      shared = [one, other];
      // They know the time of Redis, and go by the clock of the test from here on.
      for (const { feed } of shared) feed.stop();
      return [one, other];
    },
    pass: async (ms) => {
      await new SystemClock().sleep(ms);
      // On a busy machine more has passed: they look at the time of Redis again.
      for (const { feed, connection } of shared) {
        await feed.start(connection);
        feed.stop();
      }
    },
  },
);

describe('cache rule 19: RedisStore', () => {
  it('lets instances see the entries, deletions, tags and clears of each other', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const [one, other] = [await storeOn(clock, namespace), await storeOn(clock, namespace)];
    await one.set('plain', entryOf(1));
    await one.set('tagged', entryOf(2, { tags: ['a', 'b'] }));
    expect((await other.get('plain'))?.data).toBe(1);
    expect((await other.get('tagged'))?.data).toBe(2);
    await other.invalidate({ tags: ['b'] });
    expect(await one.get('tagged')).toBeUndefined();
    expect((await one.get('plain'))?.data).toBe(1);
    await one.set('tagged', entryOf(3, { tags: ['b'] }));
    expect((await other.get('tagged'))?.data).toBe(3);
    await other.invalidate('everything');
    expect(await one.get('plain')).toBeUndefined();
    expect(await one.get('tagged')).toBeUndefined();
  });

  it('keeps keys apart that look alike in UTF-8', async () => {
    const store = await storeOn(new FakeClock());
    const keys = ['\uD800', '\uD801', '\uFFFD', '\uFFFDd800', '\uD83D\uDE00', 'a\r\nb', '\0', '*'];
    for (const key of keys) await store.set(key, entryOf(key, { tags: [key] }));
    const found = await store.getMany(keys);
    expect(found.map((entry) => entry?.data)).toEqual(keys);
    await store.invalidate({ tags: ['\uD800'] });
    expect(await store.get('\uD800')).toBeUndefined();
    expect(await store.get('\uD801')).toBeDefined();
  });

  it('puts namespace and schema version into each key exactly once, and nothing else into the database', async () => {
    const clock = new FakeClock();
    await (await connect(clock)).send(['FLUSHALL']);
    const store = await storeOn(clock, 'shop:cache');
    await store.set('key', entryOf(1, { tags: ['tag'] }));
    await store.check();
    const names = (await store.connection.send(['KEYS', '*'])) as string[];
    const expected = ['clear', 'e:key', 'meta', 't:tag'].map((name) => `shop:cache:v2:${name}`);
    expect(names.toSorted()).toEqual(expected);
  });

  it('reads an untagged entry in one round trip, clears and invalidates in one command each', async () => {
    const store = await storeOn(new FakeClock());
    await store.set('key', entryOf(1));
    await store.invalidate('everything');
    const sent = vi.spyOn(store.connection, 'send');
    await store.get('key');
    await store.invalidate('everything');
    await store.invalidate({ tags: ['a', 'b'] });
    expect(sent.mock.calls.map(([[command]]) => command)).toEqual(['MGET', 'EVALSHA', 'EVALSHA']);
  });

  it('revives nothing when Redis evicts the records of the clear and of tags', async () => {
    const store = await storeOn(new FakeClock());
    const evict = (name: string): Promise<unknown> => store.connection.send(['DEL', name]);
    await store.set('plain', entryOf(1));
    await store.set('tagged', entryOf(2, { tags: ['tag'] }));
    await store.invalidate({ tags: ['tag'] });
    await evict(store.keys.tag('tag'));
    expect(await store.get('tagged')).toBeUndefined();
    await store.set('other', entryOf(3, { tags: ['tag'] }));
    expect(await store.get('tagged')).toBeUndefined();
    await evict(store.keys.clear);
    await store.set('other', entryOf(4));
    expect(await store.get('plain')).toBeUndefined();
    expect((await store.get('other'))?.data).toBe(4);
  });
});

describe('cache rule 8: versions', () => {
  /** A clock that goes with that of Redis, so that the times of both can be compared. */
  const clock = new SystemClock();

  it.each<[string, Invalidation]>([
    ['deleted', { keys: ['key'] }],
    ['expired', { expired: ['key'] }],
    ['invalidated by its tag', { tags: ['tag'] }],
    ['cleared', 'everything'],
  ])(
    'cache rule 10: what began to load before the key was %s is not stored',
    async (_name, what) => {
      const store = await storeOn(clock);
      await store.set('key', now('old', { tags: ['tag'] }));
      const load = now('loaded', { tags: ['tag'] });
      await store.invalidate(what);
      expect(await store.set('key', load, 'load')).toBe(false);
      expect((await store.get('key'))?.data).not.toBe('loaded');
      await clock.sleep(5);
      expect(await store.set('key', now('loaded later', { tags: ['tag'] }), 'load')).toBe(true);
      expect((await store.get('key'))?.data).toBe('loaded later');
    },
  );

  it('an older load does not overwrite a newer, nor a write', async () => {
    const store = await storeOn(clock);
    const older = now('older');
    await clock.sleep(5);
    expect(await store.set('key', now('newer'), 'load')).toBe(true);
    expect(await store.set('key', older, 'load')).toBe(false);
    expect((await store.get('key'))?.data).toBe('newer');
    const load = now('loaded');
    await store.set('key', now('written'));
    expect(await store.set('key', load, 'load')).toBe(false);
  });

  it('cache rule 11: what is made up for is as of its call, deletes and writes alike', async () => {
    const store = await storeOn(clock);
    const before = clock.now();
    const lost = now('lost');
    await clock.sleep(10);
    await store.set('key', now('newer'));
    expect(await store.set('key', lost, 'replay')).toBe(false);
    await store.invalidate({ keys: ['key'] }, [before]);
    await store.invalidate('everything', [before]);
    expect((await store.get('key'))?.data).toBe('newer');
    await store.invalidate({ keys: ['key'] }, [clock.now()]);
    expect(await store.get('key')).toBeUndefined();
  });

  it('cache rule 11: a write that is made up for replaces what was there, also when one of its tags was invalidated since', async () => {
    const store = await storeOn(clock);
    const loaded = now('loaded');
    await store.set('key', now('old'));
    await clock.sleep(10);
    const queued = { ...now('queued'), tags: ['tag'] };
    await clock.sleep(10);
    await store.invalidate({ tags: ['tag'] });
    expect(await store.set('key', queued, 'replay')).toBe(false);
    expect(await store.get('key')).toBeUndefined();
    // Nor is anything stored that began to load before.
    expect(await store.set('key', loaded, 'load')).toBe(false);
  });

  it('a call is newer than what is there, whatever its own clock says', async () => {
    const store = await storeOn(clock);
    await store.set('key', now('first'));
    const early = { ...now('second'), asOf: clock.now() - 300 };
    expect(await store.set('key', early)).toBe(true);
    const late = { ...now('third'), asOf: clock.now() - 2_000 };
    expect(await store.set('key', late)).toBe(false);
    expect((await store.get('key'))?.data).toBe('second');
  });

  it('go on where Redis tells an earlier time than before', async () => {
    const store = await storeOn(clock);
    const ahead = String((clock.wallTime() + 3_600_000) * 1_000);
    await store.connection.send(['HSET', store.keys.meta, 'last', ahead]);
    await store.set('key', now('first'));
    await store.set('key', now('second'));
    expect((await store.get('key'))?.data).toBe('second');
    await store.invalidate({ keys: ['key'] });
    expect(await store.get('key')).toBeUndefined();
  });

  it('cache rule 10: what began to load before a key without an entry was expired is not stored', async () => {
    const store = await storeOn(clock);
    const load = now('loaded');
    await store.invalidate({ expired: ['key'] });
    expect(await store.set('key', load, 'load')).toBe(false);
    await store.invalidate({ keys: ['key'] });
    await clock.sleep(5);
    const later = now('loaded later');
    await clock.sleep(5);
    await store.invalidate({ expired: ['key'] });
    expect(await store.set('key', later, 'load')).toBe(false);
    expect(await store.get('key')).toBeUndefined();
  });

  it.each<[string, Invalidation]>([
    ['invalidated by its tag', { tags: ['tag'] }],
    ['cleared', 'everything'],
  ])('cache rule 16: what was %s does not come back by being expired', async (_name, what) => {
    const store = await storeOn(clock);
    await store.set('key', now('old', { tags: ['tag'] }));
    await store.invalidate(what);
    await store.invalidate({ expired: ['key'] });
    expect(await store.get('key')).toBeUndefined();
  });

  it.each<[string, Invalidation]>([
    ['invalidated by its tag', { tags: ['tag'] }],
    ['cleared', 'everything'],
  ])('cache rule 16: what was expired, even twice, can be %s', async (_name, what) => {
    const store = await storeOn(clock);
    await store.set('key', now('old', { tags: ['tag'] }));
    for (let time = 0; time < 2; time++) await store.invalidate({ expired: ['key'] });
    expect(await store.get('key')).toMatchObject({ data: 'old' });
    expect((await store.get('key'))?.expiresAt).toBeLessThanOrEqual(clock.now());
    await store.invalidate(what);
    await store.invalidate({ expired: ['key'] });
    expect(await store.get('key')).toBeUndefined();
  });

  describe('where the clock of Redis is set back by an hour', () => {
    /** As if it had been until now. */
    async function storeAfter(): Promise<TestedStore> {
      const namespace = randomUUID();
      const before = await storeOn(clock, namespace);
      const ahead = String((clock.wallTime() + 3_600_000) * 1_000);
      await before.connection.send(['HSET', before.keys.meta, 'last', ahead]);
      return storeOn(clock, namespace);
    }

    it('cache rule 17: entries live as long as ever', async () => {
      const store = await storeAfter();
      const expiresAt = clock.now() + 60_000;
      await store.set('key', now('value', { expiresAt, staleUntil: expiresAt }));
      const found = (await store.get('key')) as CacheEntry;
      expect(found.data).toBe('value');
      expect(found.expiresAt).toBeGreaterThan(expiresAt - 1_000);
      expect(found.expiresAt).toBeLessThanOrEqual(expiresAt + 1_000);
    });

    it('cache rule 11: what is made up for is as of its call', async () => {
      const store = await storeAfter();
      await store.set('deleted', now('old'));
      await clock.sleep(20);
      const calledAt = clock.now();
      await clock.sleep(20);
      await store.set('written', now('new'));
      await store.invalidate({ keys: ['deleted', 'written'] }, [calledAt, calledAt]);
      expect(await store.get('deleted')).toBeUndefined();
      expect((await store.get('written'))?.data).toBe('new');
    });
  });

  it('cache rule 18: what is no text under a name of the cache is a miss, and is written over', async () => {
    const store = await storeOn(clock);
    const { keys } = store;
    const load = now('loaded');
    await clock.sleep(5);
    const foreign = [keys.entry('set'), keys.entry('deleted'), keys.tag('tag'), keys.tag('other')];
    for (const name of foreign) await store.connection.send(['RPUSH', name, 'foreign']);
    expect(await store.get('set')).toBeUndefined();
    expect(await store.set('set', { ...now('value'), tags: ['tag'] })).toBe(true);
    expect((await store.get('set'))?.data).toBe('value');
    await store.invalidate({ keys: ['deleted'] });
    expect(await store.set('deleted', load, 'load')).toBe(false);
    await store.invalidate({ tags: ['other'] });
    expect(await store.set('tagged', { ...load, tags: ['other'] }, 'load')).toBe(false);
  });

  it('cache rule 10: what began to load before Redis lost its data is not stored', async () => {
    const store = await storeOn(clock);
    const load = now('loaded');
    await clock.sleep(5);
    await store.invalidate({ keys: ['key'] });
    await store.connection.send([
      'DEL',
      store.keys.meta,
      store.keys.clear,
      store.keys.entry('key'),
    ]);
    expect(await store.set('key', load, 'load')).toBe(false);
    expect(await store.get('key')).toBeUndefined();
    // Longer than a reading of the time of Redis is off by on a busy machine.
    await clock.sleep(200);
    expect(await store.set('key', now('loaded later'), 'load')).toBe(true);
    expect((await store.get('key'))?.data).toBe('loaded later');
  });

  function now(value: unknown, options: Partial<CacheEntry> = {}): CacheEntry {
    return entryOf(value, { createdAt: clock.now(), asOf: clock.now(), ...options });
  }
});

describe('cache rule 18: RedisStore', () => {
  const never = '9999999999999999';
  const HEAD = `${never}${never}${never}0000000000000001`;

  it.each([
    ['not what the cache writes', 'garbage'],
    ['cut off', `${HEAD}\n{"a":`],
    ['of a type that nobody knows', `${HEAD}\n{"$":["Quaternion","AA=="]}`],
    ['without a head', '\n1'],
    ['without a value', HEAD],
    ['with a time that is none', `${HEAD.slice(0, 48)}when it was new \n1`],
    ['with tags that are none', `${HEAD}"tag"\n1`],
  ])('takes an entry for missing that is %s, and says so', async (_name, text) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const store = await storeOn(new FakeClock());
    await store.connection.send(['SET', store.keys.entry('key'), text]);
    expect(await store.get('key')).toBeUndefined();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('cannot be read')]]);
  });

  it('writes and reads values by the codec it is given', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const rot13: CacheCodec = { name: 'rot-13', encode: rotated, decode: rotated };
    const store = await storeOn(clock, namespace, rot13);
    await store.set('plain', entryOf('secret'));
    await store.set('tagged', entryOf('secret', { tags: ['a', 'b'] }));
    expect(await store.connection.send(['GET', store.keys.entry('plain')])).toContain(
      'rot-13\nfrperg',
    );
    expect((await store.get('plain'))?.data).toBe('secret');
    expect(await store.get('tagged')).toMatchObject({ data: 'secret', tags: ['a', 'b'] });
    await store.invalidate({ tags: ['b'] });
    expect(await store.get('tagged')).toBeUndefined();
  });

  it('takes what another codec wrote for missing, and counts it', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new FakeClock();
    const namespace = randomUUID();
    const named: CacheCodec = { ...taggedJson, name: 'json' };
    const [plain, own] = [await storeOn(clock, namespace), await storeOn(clock, namespace, named)];
    await plain.set('a', entryOf(1, { tags: ['t'] }));
    await own.set('b', entryOf(1, { tags: ['t'] }));
    expect([await own.get('a'), await plain.get('b')]).toEqual([undefined, undefined]);
    expect([own.undecodable, plain.undecodable]).toEqual([1, 1]);
    await own.set('a', entryOf(2));
    expect((await own.get('a'))?.data).toBe(2);
  });

  it.each<[string, CacheCodec['encode']]>([
    ['throws', () => JSON.stringify(1n)],
    ['gives no text', () => undefined as unknown as string],
  ])('writes nothing where the codec %s, not even what it has encoded', async (_what, encode) => {
    const codec: CacheCodec = {
      encode: (value) => (value === 'refused' ? encode(value) : taggedJson.encode(value)),
      decode: (text) => taggedJson.decode(text),
    };
    const store = await storeOn(new FakeClock(), randomUUID(), codec);
    const entries = ['taken', 'refused'].map((value) => [value, entryOf(value)] as const);
    expect(() => store.setMany(entries, 'call')).toThrow(
      expect.objectContaining({ code: 'CACHE_ENCODE_FAILED' }) as Error,
    );
    expect(await store.getMany(['taken', 'refused'])).toEqual([undefined, undefined]);
  });

  it('counts all of them and logs the first few', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const clock = new FakeClock();
    const namespace = randomUUID();
    const connection = await connect(clock);
    await connection.send(['SET', new RedisKeys(namespace).entry('key'), 'garbage']);
    const store = await storeOn(clock, namespace);
    for (let read = 0; read < 20; read++) await store.get('key');
    expect(warn).toHaveBeenCalledTimes(5);
  });
});

describe('cache rule 17: RedisStore', () => {
  it('lets Redis forget an entry when its life ends, and its tags not before', async () => {
    const clock = new FakeClock();
    const namespace = randomUUID();
    const keys = new RedisKeys(namespace);
    const store = await storeOn(clock, namespace);
    const { connection } = store;
    const lifeOf = async (key: string): Promise<number> =>
      (await connection.send(['PTTL', key])) as number;
    await store.set('long', entryOf(1, { expiresAt: 60_000, tags: ['tag'] }));
    await store.set('short', entryOf(1, { expiresAt: 10_000, tags: ['tag'] }));
    expect(await lifeOf(keys.entry('short'))).toBeGreaterThan(5_000);
    expect(await lifeOf(keys.entry('short'))).toBeLessThanOrEqual(10_000);
    expect(await lifeOf(keys.tag('tag'))).toBeGreaterThan(50_000);
    await store.set('for ever', entryOf(1, { tags: ['tag'] }));
    expect(await lifeOf(keys.entry('for ever'))).toBe(-1);
    expect(await lifeOf(keys.tag('tag'))).toBe(-1);
    await store.set('too long for Redis', entryOf(1, { expiresAt: 1e300 }));
    expect(await lifeOf(keys.entry('too long for Redis'))).toBe(-1);
    expect(await store.get('too long for Redis')).toMatchObject({ data: 1, expiresAt: Infinity });
  });

  it('gives an entry its remaining life, whatever the clocks of the instances say', async () => {
    const namespace = randomUUID();
    const writing = new FakeClock(1_000_000);
    await writing.advance(5_000);
    const writer = await storeOn(writing, namespace);
    await writer.set('key', entryOf(1, { createdAt: 4_000, asOf: 5_000, expiresAt: 9_000 }));
    const reader = await storeOn(new FakeClock(77), namespace);
    const found = (await reader.get('key')) as CacheEntry;
    // Redis tells the time of real seconds; the tests take some.
    expect(found.createdAt).toBeLessThanOrEqual(-1_000);
    expect(found.createdAt).toBeGreaterThan(-2_500);
    expect(found.expiresAt).toBeLessThanOrEqual(4_000);
    expect(found.expiresAt).toBeGreaterThan(2_500);
  });
});

describe('RedisStore on a Redis that has forgotten the script', () => {
  async function forgetful(): Promise<TestedStore> {
    const store = await storeOn(new FakeClock());
    await store.invalidate('everything');
    await store.connection.send(['SCRIPT', 'FLUSH']);
    return store;
  }

  it('says that it refused a write, and takes the next', async () => {
    const store = await forgetful();
    await expect(store.set('key', entryOf(1))).rejects.toThrow('NOSCRIPT');
    await store.set('key', entryOf(2));
    expect((await store.get('key'))?.data).toBe(2);
  });

  it.each<[string, Invalidation]>([
    ['delete', { keys: ['key'] }],
    ['clear', 'everything'],
  ])('cache rule 10: writes nothing after the %s that followed it', async (_name, what) => {
    const store = await forgetful();
    const written = store.set('key', entryOf('before'));
    await Promise.allSettled([written, store.invalidate(what)]);
    expect(await store.get('key')).toBeUndefined();
  });
});
