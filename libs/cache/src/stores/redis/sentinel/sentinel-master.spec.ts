import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RedisAddress } from '../redis-address.js';
import type { RedisConnection } from '../redis-connection.js';
import { SentinelMaster } from './sentinel-master.js';

type Reply = (args: readonly string[]) => unknown;

/** A connection that answers as the place does to which it leads. */
class StagedConnection {
  isDestroyed = false;
  readonly #reply: Reply;

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  async send(args: readonly string[]): Promise<unknown> {
    const reply = this.#reply(args);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

/** Never answers. */
const HANGS: Reply = () => new Promise(() => undefined);
const leadsTo = (place: string): Reply => {
  return ([command]) => (command === 'SENTINEL' ? place.split(':') : undefined);
};
const is = (role: string): Reply => {
  return ([command]) => (command === 'ROLE' ? [role, 0, []] : undefined);
};
/** Named as in node-redis, by which a reply is known. */
class ErrorReply extends Error {}

let clock: FakeClock;
/** What is there; nothing else can be connected to. */
let places: Record<string, Reply>;
let asked: string[];
let opened: StagedConnection[];
let addresses: RedisAddress[];
let master: SentinelMaster;

beforeEach(() => {
  clock = new FakeClock();
  [places, asked, opened, addresses] = [{}, [], [], []];
  const sentinels = ['s1', 's2', 's3'].map((host) => ({
    host,
    port: 1,
    tls: false,
    database: 0,
    password: 'of the sentinels',
  }));
  master = new SentinelMaster({
    address: {
      master: 'mymaster',
      sentinels,
      login: { tls: true, database: 3, password: 'of the master' },
    },
    connect: async (address) => {
      const name = `${address.host}:${address.port}`;
      asked.push(name);
      addresses.push(address);
      const reply = places[name];
      if (reply === undefined) throw new Error(`connect ECONNREFUSED ${name}`);
      const connection = new StagedConnection(reply);
      opened.push(connection);
      return connection as unknown as RedisConnection;
    },
    clock,
    cache: 'cache',
  });
});

const connect = (signal = new AbortController().signal): Promise<RedisConnection> =>
  master.connect(signal);

describe('SentinelMaster', () => {
  it('connects to the master that a sentinel names, with the login of the master', async () => {
    places = { 's1:1': leadsTo('m:2'), 'm:2': is('master') };
    const connection = await connect();
    expect(asked).toEqual(['s1:1', 'm:2']);
    expect(connection).toBe(opened[1]);
    expect(opened.map(({ isDestroyed }) => isDestroyed)).toEqual([true, false]);
    expect(addresses[1]).toEqual({
      host: 'm',
      port: 2,
      tls: true,
      database: 3,
      password: 'of the master',
    });
  });

  it.each<[string, Record<string, Reply>]>([
    ['is down', {}],
    ['knows no such master', { 's1:1': () => null }],
    ['refuses', { 's1:1': () => new ErrorReply('LOADING it takes a while') }],
    ['names what is down', { 's1:1': leadsTo('away:2') }],
    ['names what is a replica now', { 's1:1': leadsTo('old:2'), 'old:2': is('slave') }],
  ])(
    'cache rule 23: passes over a sentinel that %s, and asks it last from then on',
    async (_name, wrong) => {
      places = { ...wrong, 's2:1': leadsTo('m:2'), 'm:2': is('master') };
      await connect();
      expect(opened.filter(({ isDestroyed }) => !isDestroyed)).toHaveLength(1);
      asked = [];
      await connect();
      expect(asked).toEqual(['s2:1', 'm:2']);
    },
  );

  it('cache rule 1: gives a sentinel that hangs 400 ms, and ends its connection', async () => {
    places = { 's1:1': HANGS, 's2:1': leadsTo('m:2'), 'm:2': is('master') };
    const connecting = connect();
    await clock.advance(399);
    expect(asked).toEqual(['s1:1']);
    await clock.advance(1);
    await connecting;
    expect(opened[0]?.isDestroyed).toBe(true);
    expect(clock.pending.all).toBe(0);
  });

  it('ends with its caller, and begins with another sentinel the next time', async () => {
    places = { 's1:1': HANGS, 's2:1': leadsTo('m:2'), 'm:2': is('master') };
    const caller = new AbortController();
    const connecting = connect(caller.signal);
    await clock.settle();
    caller.abort(new Error('time is up'));
    await expect(connecting).rejects.toThrow('time is up');
    expect(opened[0]?.isDestroyed).toBe(true);
    expect(asked).toEqual(['s1:1']);
    await connect();
    expect(asked).toEqual(['s1:1', 's2:1', 'm:2']);
  });

  it('tries a place once, however many sentinels name it', async () => {
    places = { 's1:1': leadsTo('m:2'), 's2:1': leadsTo('m:2'), 's3:1': leadsTo('m:2') };
    await expect(connect()).rejects.toThrow();
    expect(asked).toEqual(['s1:1', 'm:2', 's2:1', 's3:1']);
  });

  it('says why none of them helped, without what was a secret', async () => {
    places = {
      's1:1': () => null,
      's2:1': leadsTo('old:2'),
      'old:2': is('slave'),
    };
    await expect(connect()).rejects.toMatchObject({
      code: 'CACHE_MASTER_UNKNOWN',
      classification: { kind: 'unavailable', notSent: true },
      message:
        'cache: no sentinel led to the master "mymaster" (s1:1: it knows no such master; s2:1: old:2 is a slave; s3:1: connect ECONNREFUSED s3:1). Is the name right, and is there a master now?',
    });
  });

  it('rethrows what every sentinel refuses the login with: trying again will not help', async () => {
    const error = new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.');
    places = { 's1:1': () => error, 's2:1': () => error, 's3:1': () => error };
    await expect(connect()).rejects.toBe(error);
  });

  it('does not when one of them is only away', async () => {
    const error = new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.');
    places = { 's1:1': () => error, 's2:1': () => error };
    await expect(connect()).rejects.toMatchObject({ code: 'CACHE_MASTER_UNKNOWN' });
  });

  it('goes by the word of the sentinel where the user may not ask for the role', async () => {
    places = {
      's1:1': leadsTo('m:2'),
      'm:2': () => new ErrorReply('NOPERM no permissions to run role'),
    };
    expect(await connect()).toBe(opened[1]);
  });
});
