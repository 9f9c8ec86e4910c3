import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RedisConnection } from './redis-connection.js';
import { RedisFeed } from './redis-feed.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
import { RedisTime } from './redis-time.js';

/** A connection whose replies a test decides, by the name of the command. */
class StagedConnection {
  readonly sent: string[] = [];
  readonly replies: Record<string, unknown> = {
    'CLIENT INFO': `id=7 addr=127.0.0.1:40000 laddr=127.0.0.1:6379 name=`,
    PING: 'PONG',
    INFO: 'redis_version:8.0.2',
    TIME: ['1700000000', '0'],
    HMGET: [null, null, null],
    DEL: 1,
  };
  isOpen = true;
  waitingSince: number | undefined;
  isHung = false;
  #onLost: (reason: Error) => void = () => undefined;
  readonly #entries = new Map<string, string>();

  async send(args: readonly string[]): Promise<unknown> {
    const [command, ...rest] = args as [string, ...string[]];
    this.sent.push(command === 'CLIENT' ? args.join(' ') : command);
    if (this.isHung) return new Promise(() => undefined);
    if (!this.isOpen) throw new Error('lost');
    if (command.startsWith('EVAL')) {
      this.#entries.set(rest[4] as string, rest.at(-1) as string);
      return 1;
    }
    if (command === 'MGET') return [this.#entries.get(rest[0] as string)];
    return this.replies[command === 'CLIENT' ? `CLIENT ${rest[0]}` : command];
  }

  async subscribe(): Promise<unknown> {
    return this.send(['SUBSCRIBE']);
  }

  whenLost(listener: (reason: Error) => void): void {
    this.#onLost = listener;
  }

  destroy(reason: Error): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#onLost(reason);
  }
}

const { signal } = new AbortController();
let clock: FakeClock;
let opened: StagedConnection[];
let next: () => StagedConnection | Error;
let link: RedisLink;

beforeEach(() => {
  vi.restoreAllMocks();
  vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  clock = new FakeClock();
  opened = [];
  next = () => new StagedConnection();
  const open = async (): Promise<RedisConnection> => {
    const connection = next();
    if (connection instanceof Error) throw connection;
    opened.push(connection);
    return connection as unknown as RedisConnection;
  };
  const scope = { keys: new RedisKeys('test'), origin: 'me' };
  const time = new RedisTime(clock);
  const feed = new RedisFeed({ scope, time, clock, cache: 'cache' });
  link = new RedisLink({ open, clock, cache: 'cache', scope, time, feed });
});

async function boot(): Promise<StagedConnection> {
  await link.connect(signal);
  await link.prepare();
  await link.test();
  return opened.at(-1) as StagedConnection;
}

describe('RedisLink', () => {
  it('trusts a connection only after it was tested', async () => {
    const up = vi.fn();
    link.listen({ opened: up, invalidated: vi.fn(), missed: vi.fn(), forgot: vi.fn() });
    await link.connect(signal);
    await link.prepare();
    expect(link.isUp).toBe(false);
    expect(() => link.connection).toThrow(/cannot reach its shared tier/);
    await link.test();
    expect(link.isUp).toBe(true);
    expect(link.connection).toBe(opened[0]);
    expect(up).toHaveBeenCalledOnce();
    const prepared = ['CLIENT INFO', 'INFO', 'SUBSCRIBE', 'TIME', 'HMGET'];
    expect(opened[0]?.sent).toEqual([...prepared, 'PING', 'EVAL', 'MGET', 'DEL']);
  });

  it.each([
    [
      'reading',
      { GET: 'something else' },
      (one: StagedConnection) => (one.send = async (args) => one.replies[args[0] as string]),
    ],
    ['writing', { DEL: 0 }, () => undefined],
  ])('refuses one that does not pass the test of %s', async (what, replies, change) => {
    next = () => {
      const one = new StagedConnection();
      Object.assign(one.replies, replies);
      change(one);
      return one;
    };
    await expect(boot()).rejects.toMatchObject({
      code: 'CACHE_SELF_TEST_FAILED',
      message: expect.stringContaining(what) as string,
    });
    expect(link.isUp).toBe(false);
  });

  it('connects anew after a loss, with a wait between 200 ms and 1 s, and again until it works', async () => {
    const first = await boot();
    next = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    clock.randoms.push(0, 0.999999, 0.5);
    first.destroy(new Error('it broke'));
    expect(link.isUp).toBe(false);
    const tried: number[] = [];
    const refuse = next;
    next = () => {
      tried.push(clock.now());
      return refuse();
    };
    await clock.advance(1_500);
    expect(tried[0]).toBe(200);
    expect(tried[1]).toBeCloseTo(1_200, 2);
    await clock.advance(3_600_000);
    expect(tried.length).toBeGreaterThan(3_600);
    next = () => new StagedConnection();
    await clock.advance(1_000);
    expect(link.isUp).toBe(true);
  });

  it('cache rule 1: gives a try to connect 1 s', async () => {
    const first = await boot();
    next = () => {
      const hung = new StagedConnection();
      hung.isHung = true;
      return hung;
    };
    first.destroy(new Error('it broke'));
    await clock.advance(600 + 1_000);
    expect(opened[1]?.isOpen).toBe(false);
    expect(opened).toHaveLength(2);
    next = () => new StagedConnection();
    await clock.advance(600);
    expect(link.isUp).toBe(true);
  });

  it('ends former connections at the server before it trusts a new one', async () => {
    (await boot()).destroy(new Error('it broke'));
    await clock.advance(1_000);
    const kill = 'CLIENT KILL ID 7 ADDR 127.0.0.1:40000';
    const begin = ['CLIENT INFO', 'INFO', 'SUBSCRIBE', 'TIME', 'HMGET', kill];
    expect(opened[1]?.sent).toEqual([...begin, 'PING', 'EVAL', 'MGET', 'DEL']);
    opened[1]?.destroy(new Error('again'));
    await clock.advance(1_000);
    expect(opened[2]?.sent.filter((line) => line.startsWith('CLIENT KILL'))).toEqual([kill]);
  });

  it('knows since when Redis is silent', async () => {
    await clock.advance(100);
    expect(link.silentSince).toBe(0);
    const connection = await boot();
    await clock.advance(100);
    expect(link.silentSince).toBe(200);
    connection.waitingSince = 150;
    expect(link.silentSince).toBe(150);
    connection.destroy(new Error('it owed a reply'));
    await clock.advance(100);
    expect(link.silentSince).toBe(150);
  });

  it('tells of a loss once, with its reason, and of the return', async () => {
    (await boot()).destroy(new Error('read ECONNRESET'));
    await clock.advance(1_000);
    expect(vi.mocked(Logger.prototype.warn).mock.calls).toEqual([
      [expect.stringContaining('cache lost Redis: read ECONNRESET.')],
    ]);
    expect(vi.mocked(Logger.prototype.log).mock.calls).toEqual([
      [expect.stringMatching(/cache has Redis again after/)],
    ]);
  });

  it('cache rule 7: has no timer and no connection after it was closed, and may be opened again', async () => {
    const first = await boot();
    first.destroy(new Error('it broke'));
    link.close();
    await clock.advance(10_000);
    expect(clock.pending.all).toBe(0);
    expect(opened).toHaveLength(1);
    const second = await boot();
    expect(link.isUp).toBe(true);
    link.close();
    expect(second.isOpen).toBe(false);
    expect(vi.mocked(Logger.prototype.warn)).toHaveBeenCalledOnce();
  });

  it.each<[string, (end: AbortController) => void]>([
    ['the cache was closed', () => link.close()],
    ['its time was over', (end) => end.abort(new Error('the time is over'))],
  ])('cache rule 7: keeps no connection that was there just as %s', async (_name, end) => {
    const time = new AbortController();
    const connecting = link.connect(time.signal);
    expect(opened).toHaveLength(1);
    end(time);
    await expect(connecting).rejects.toThrow();
    expect(opened[0]?.isOpen).toBe(false);
    await expect(link.test()).rejects.toMatchObject({ code: 'CACHE_TIER_UNAVAILABLE' });
  });

  it('keeps no process alive while it waits for its next try', async () => {
    (await boot()).destroy(new Error('it broke'));
    await clock.settle();
    expect(clock.pending).toEqual({ all: 1, foreground: 0 });
    link.close();
  });
});
