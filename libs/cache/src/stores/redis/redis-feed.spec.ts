import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { ErrorReply } from 'redis';
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import type { RedisConnection } from './redis-connection.js';
import { RedisFeed } from './redis-feed.js';
import { RedisKeys } from './redis-keys.js';
import { RedisTime } from './redis-time.js';

const keys = new RedisKeys('test');

/** A Redis that counts messages, and may not deliver them. */
class StagedRedis {
  count: string | null = 'first';
  sequence = 0;
  isHung = false;
  refusal: Error | undefined;
  isOpen = true;
  #listener: (text: string) => void = () => undefined;

  async subscribe(_channel: string, listener: (text: string) => void): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.#listener = listener;
  }

  async send([command]: readonly string[]): Promise<unknown> {
    if (this.isHung) return new Promise(() => undefined);
    if (command === 'TIME') return ['1700000000', '5'];
    return [this.count, this.sequence === 0 ? null : String(this.sequence), null];
  }

  /** Another instance has deleted a key. */
  announce(key: string, { isHeard = true, origin = 'other' } = {}): void {
    this.sequence++;
    const text = JSON.stringify([this.sequence, origin, 'keys', [keys.entry(key)]]);
    if (isHeard) this.#listener(text);
  }

  say(text: string): void {
    this.#listener(text);
  }
}

let clock: FakeClock;
let redis: StagedRedis;
let feed: RedisFeed;
let warn: MockInstance;
const listener = { invalidated: vi.fn(), missed: vi.fn(), forgot: vi.fn() };

beforeEach(async () => {
  vi.clearAllMocks();
  warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  clock = new FakeClock();
  redis = new StagedRedis();
  const scope = { keys, origin: 'me' };
  feed = new RedisFeed({ scope, time: new RedisTime(clock), clock, cache: 'cache' });
  feed.listen(listener);
});

function start(): Promise<void> {
  return feed.start(redis as unknown as RedisConnection);
}

describe('cache rule 9: the feed', () => {
  it('tells what other instances have invalidated, and not what this one has', async () => {
    redis.sequence = 41;
    await start();
    redis.announce('a');
    redis.announce('b', { origin: 'me' });
    redis.announce('c');
    expect(listener.invalidated.mock.calls).toEqual([[{ keys: ['a'] }], [{ keys: ['c'] }]]);
    expect(listener.missed).not.toHaveBeenCalled();
  });

  it('cache rule 6: trusts nothing before Redis has taken the subscription', async () => {
    expect(feed.trustedUntil).toBe(-Infinity);
    await start();
    expect(feed.trustedUntil).toBe(2_500);
  });

  it('trusts nothing where the user may not subscribe, and says so', async () => {
    redis.refusal = new ErrorReply('NOPERM this user has no permissions to access the channel');
    await start();
    await clock.advance(5_000);
    expect(feed.trustedUntil).toBe(-Infinity);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('may not subscribe to test:v2:bus') as string,
    );
  });
});

describe('cache rule 12: deafness', () => {
  it('is noticed by a look every second, without any message', async () => {
    await start();
    redis.announce('a', { isHeard: false });
    await clock.advance(999);
    expect(listener.missed).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(listener.missed).toHaveBeenCalledOnce();
    expect(feed.missed).toBe(1);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^cache has missed messages of other instances \(1 times/) as string,
    );
    await clock.advance(10_000);
    expect(listener.missed).toHaveBeenCalledOnce();
  });

  it('is noticed by the next message', async () => {
    await start();
    redis.announce('a', { isHeard: false });
    redis.announce('b');
    expect(listener.missed).toHaveBeenCalledOnce();
    expect(listener.invalidated).toHaveBeenCalledExactlyOnceWith({ keys: ['b'] });
    redis.announce('c');
    expect(listener.missed).toHaveBeenCalledOnce();
  });

  it.each([
    ['has lost its count', () => Object.assign(redis, { count: null, sequence: 0 })],
    ['counts anew, as far as before', () => Object.assign(redis, { count: 'second' })],
  ])('is supposed when Redis %s', async (_name, lose) => {
    redis.sequence = 7;
    await start();
    lose();
    await clock.advance(1_000);
    expect(listener.missed).toHaveBeenCalledOnce();
  });

  it('is not supposed when a Redis that was empty has begun to count', async () => {
    Object.assign(redis, { count: null });
    await start();
    redis.announce('a');
    redis.count = 'first';
    await clock.advance(1_000);
    redis.announce('b');
    await clock.advance(1_000);
    expect(listener.missed).not.toHaveBeenCalled();
    expect(listener.invalidated).toHaveBeenCalledTimes(2);
  });

  it('is not supposed when a message comes before the number that the count is at', async () => {
    redis.sequence = 7;
    const started = start();
    redis.announce('a');
    await started;
    redis.announce('b');
    await clock.advance(1_000);
    expect(listener.missed).not.toHaveBeenCalled();
    expect(listener.invalidated).toHaveBeenCalledTimes(2);
  });

  it('is noticed where a Redis that was empty has begun to count', async () => {
    Object.assign(redis, { count: null });
    await start();
    redis.announce('a', { isHeard: false });
    redis.count = 'first';
    await clock.advance(1_000);
    expect(listener.missed).toHaveBeenCalledOnce();
  });

  it('cache rule 13: tells that Redis has forgotten messages that were heard', async () => {
    redis.sequence = 7;
    await start();
    redis.announce('a');
    await start();
    expect(listener.forgot).not.toHaveBeenCalled();
    redis.sequence = 7;
    await start();
    expect(listener.forgot).toHaveBeenCalledOnce();
    await start();
    expect(listener.forgot).toHaveBeenCalledOnce();
  });

  it('cache rule 13: also when the first connection after it was of no use', async () => {
    redis.sequence = 7;
    await start();
    redis.sequence = 6;
    redis.refusal = new Error('the connection was lost');
    redis.isHung = true;
    await expect(start()).rejects.toThrow('lost');
    Object.assign(redis, { refusal: undefined, isHung: false });
    await start();
    expect(listener.forgot).toHaveBeenCalledOnce();
  });

  it('but not when Redis has lost its count with all it had', async () => {
    redis.sequence = 7;
    await start();
    Object.assign(redis, { count: 'second', sequence: 1 });
    await start();
    expect(listener.forgot).not.toHaveBeenCalled();
  });

  it('nor when it had not been asked yet what names the count it has lost', async () => {
    redis.count = null;
    await start();
    redis.announce('a');
    redis.sequence = 0;
    await start();
    expect(listener.forgot).not.toHaveBeenCalled();
  });

  it('is supposed when something is said that no instance says', async () => {
    await start();
    redis.say('garbage');
    expect(listener.missed).toHaveBeenCalledOnce();
    expect(listener.invalidated).not.toHaveBeenCalled();
  });

  it('cache rule 13: nothing is trusted for longer than 2.5 s after the last look that was answered', async () => {
    await start();
    await clock.advance(10_000);
    expect(feed.trustedUntil).toBe(12_500);
    redis.isHung = true;
    await clock.advance(60_000);
    expect(feed.trustedUntil).toBe(12_500);
  });

  it('ends with the connection: nothing is trusted, and no timer is left', async () => {
    await start();
    feed.stop();
    expect(feed.trustedUntil).toBe(-Infinity);
    redis.announce('a');
    expect(listener.invalidated).not.toHaveBeenCalled();
    expect(clock.pending.all).toBe(0);
  });
});
