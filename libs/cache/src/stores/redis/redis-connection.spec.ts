import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisConnection } from './redis-connection.js';
import type { RedisClient, RedisClientSettings } from './redis-driver.js';

/** A client of node-redis whose replies a test gives. */
class StagedClient implements RedisClient {
  readonly open: { resolve: (reply: unknown) => void; reject: (error: Error) => void }[] = [];
  readonly settings: RedisClientSettings;
  readonly subscriptions = new Map<string, (message: string) => void>();
  isDestroyed = false;
  connecting: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Map<string, (error: Error) => void>();

  constructor(settings: RedisClientSettings) {
    this.settings = settings;
  }

  connect(): Promise<unknown> {
    if (!this.#listeners.has('error')) throw new Error('nobody listens to errors');
    return this.connecting;
  }

  sendCommand(): Promise<unknown> {
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  }

  subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    this.subscriptions.set(channel, listener);
    return this.sendCommand();
  }

  destroy(): void {
    this.isDestroyed = true;
    for (const { reject } of this.open.splice(0)) reject(new Error('Disconnects client'));
  }

  on(event: 'error' | 'connect', listener: (error: Error) => void): void {
    this.#listeners.set(event, listener);
  }

  emit(event: 'error' | 'connect', error = new Error('unused')): void {
    this.#listeners.get(event)?.(error);
  }
}

const address = { host: 'localhost', port: 6_379, tls: false, database: 3, password: 'secret' };
let clock: FakeClock;
let client: StagedClient;
let connecting: Promise<unknown>;

function open(signal = new AbortController().signal): Promise<RedisConnection> {
  const driver = {
    createClient: (settings: RedisClientSettings) => {
      client = new StagedClient(settings);
      client.connecting = connecting;
      return client;
    },
  };
  return RedisConnection.open({ driver, address, clock, cache: 'cache' }, signal);
}

beforeEach(() => {
  clock = new FakeClock();
  connecting = Promise.resolve();
});

describe('RedisConnection', () => {
  it('cache rule 5: lets node-redis neither queue, nor reconnect, nor time anything', async () => {
    await open();
    expect(client.settings).toEqual({
      socket: {
        host: 'localhost',
        port: 6_379,
        tls: false,
        connectTimeout: 2_500,
        reconnectStrategy: false,
      },
      database: 3,
      password: 'secret',
      RESP: 3,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: 0 },
    });
  });

  it('cache rule 1: is destroyed when it owes a reply for 500 ms, which rejects what waits', async () => {
    const connection = await open();
    const lost = vi.fn();
    connection.whenLost(lost);
    const replies = Promise.allSettled([
      connection.send(['GET', 'a']),
      connection.send(['GET', 'b']),
    ]);
    await clock.advance(499);
    expect(connection.isOpen).toBe(true);
    await clock.advance(1);
    expect(connection.isOpen).toBe(false);
    expect(client.isDestroyed).toBe(true);
    expect(lost).toHaveBeenCalledOnce();
    const error = {
      code: 'CACHE_CONNECTION_LOST',
      message: 'cache lost its connection to Redis: it owed a reply for 500 ms.',
    };
    expect(await replies).toMatchObject([{ reason: error }, { reason: error }]);
    await expect(connection.send(['GET', 'c'])).rejects.toMatchObject({
      code: 'CACHE_TIER_UNAVAILABLE',
    });
  });

  it('is not destroyed while replies come, however long there are some to come', async () => {
    const connection = await open();
    for (let reply = 0; reply < 20; reply++) {
      void connection.send(['GET', 'a']);
      await clock.advance(100);
      if (reply > 2) client.open.shift()?.resolve('value');
    }
    expect(connection.isOpen).toBe(true);
    for (const { resolve } of client.open.splice(0)) resolve('value');
    await clock.advance(10_000);
    expect(connection.isOpen).toBe(true);
    expect(clock.pending.all).toBe(0);
  });

  it('is not destroyed while many commands that were sent at once are replied to one by one', async () => {
    const connection = await open();
    const replies = Array.from({ length: 5 }, () => connection.send(['EVALSHA', 'a']));
    void Promise.allSettled(replies);
    for (let reply = 0; reply < 4; reply++) {
      await clock.advance(400);
      client.open.shift()?.resolve(1);
      await clock.settle();
    }
    expect(connection.isOpen).toBe(true);
    expect(connection.waitingSince).toBe(1_600);
    await clock.advance(499);
    expect(connection.isOpen).toBe(true);
    await clock.advance(1);
    expect(connection.isOpen).toBe(false);
  });

  it('takes a reply that came while the process itself was held up', async () => {
    const connection = await open();
    const reply = connection.send(['GET', 'a']);
    const turn = clock.yield.bind(clock);
    vi.spyOn(clock, 'yield').mockImplementation(() => {
      // Timers come first in a turn of the event loop, what was received comes after them.
      if (clock.now() === 500) client.open.shift()?.resolve('value');
      return turn();
    });
    await clock.advance(500);
    expect(await reply).toBe('value');
    expect(connection.isOpen).toBe(true);
  });

  it('cache rule 4: is lost by an error that nobody waits for', async () => {
    const connection = await open();
    const lost = vi.fn();
    connection.whenLost(lost);
    client.emit('error', new Error('read ECONNRESET'));
    client.emit('error', new Error('once more'));
    expect(connection.isOpen).toBe(false);
    expect(lost.mock.calls).toEqual([[expect.objectContaining({ message: 'read ECONNRESET' })]]);
  });

  it('is given up while it is being made, and does not come to life afterwards', async () => {
    let connected: (value: unknown) => void = () => undefined;
    connecting = new Promise((resolve) => (connected = resolve));
    const { signal, abort } = abortable();
    const opening = open(signal);
    abort();
    await expect(opening).rejects.toThrow('the time is over');
    client.isDestroyed = false;
    client.emit('connect');
    connected(undefined);
    expect(client.isDestroyed).toBe(true);
  });

  it('is not even begun when its time is over', async () => {
    const { signal, abort } = abortable();
    abort();
    await expect(open(signal)).rejects.toThrow('the time is over');
  });
});

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => controller.abort(new Error('the time is over')),
  };
}
