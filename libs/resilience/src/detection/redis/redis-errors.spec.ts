import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { SystemClock } from 'nestjs-mainstay/common';
import { createClient, type RedisClientOptions } from 'redis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { describeOwnServers } from '../../../../../test/support/servers/describe-own-servers.js';
import { RedisServer } from '../../../../../test/support/servers/redis-server.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';
import { detectRedisError, redisReplyCodeOf } from './redis-errors.js';

type Client = ReturnType<typeof createClient>;

const detector = new ErrorDetector();
const started: { dispose(): Promise<void> }[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) if (client.isOpen) client.destroy();
  for (const one of started.splice(0)) await one.dispose();
});

function newClient(url: string, options: RedisClientOptions = {}): Client {
  const client = createClient({ url, socket: { reconnectStrategy: false }, ...options });
  client.on('error', () => undefined); // the commands fail with it
  clients.push(client);
  return client;
}

async function connect(url: string, options?: RedisClientOptions): Promise<Client> {
  const client = newClient(url, options);
  await client.connect();
  return client;
}

async function server(...args: string[]): Promise<RedisServer> {
  const redis = await RedisServer.start({ args });
  started.push(redis);
  return redis;
}

async function detected(work: PromiseLike<unknown>): Promise<Classification> {
  return detector.detect(await rejectionOf(work));
}

const unavailable = { kind: 'unavailable', retryable: false } as const;
const refusesWrites = { ...unavailable, partial: true } as const;
const permanent = (reason: string, type: string) => ({ kind: 'permanent', reason, type });

describeOwnServers('resilience rule 12: errors that a real Redis replies', () => {
  it('OOM: no memory left for writes, in a script too', async () => {
    const client = await connect((await server()).url);
    await client.configSet('maxmemory', '1');
    const expected = { ...refusesWrites, type: 'OOM' };
    expect(await detected(client.set('key', 'value'))).toEqual(expected);
    expect(await detected(client.eval("redis.call('SET', 'a', '1')"))).toEqual(expected);
    expect(await client.get('key')).toBeNull();
  });

  it('NOAUTH and WRONGPASS: a password is needed, or another one', async () => {
    const { port } = await server('--requirepass', 'hunter2');
    const connecting = connect(`redis://127.0.0.1:${port}`).then((client) => client.ping());
    expect(await detected(connecting)).toEqual(permanent('auth', 'NOAUTH'));
    const wrong = connect(`redis://:wrong@127.0.0.1:${port}`);
    expect(await detected(wrong)).toEqual(permanent('auth', 'WRONGPASS'));
  });

  it('a password where none is set is a mistake of the configuration', async () => {
    const client = await connect((await server()).url);
    const login = client.sendCommand(['AUTH', 'secret']);
    expect(await detected(login)).toEqual(permanent('configuration', 'NO_PASSWORD_SET'));
  });

  it('NOPERM: the user may not', async () => {
    const { url, port } = await server();
    const admin = await connect(url);
    await admin.aclSetUser('reader', ['on', '>pass', '+@read', '+@connection', '~*']);
    const reader = await connect(`redis://reader:pass@127.0.0.1:${port}`);
    expect(await detected(reader.set('a', '1'))).toEqual(permanent('auth', 'NOPERM'));
  });

  it('READONLY: a replica', async () => {
    const master = await server();
    const replica = await server('--replicaof', '127.0.0.1', String(master.port));
    const client = await connect(replica.url);
    expect(await detected(client.set('a', '1'))).toEqual({ ...refusesWrites, type: 'READONLY' });
  });

  it('MASTERDOWN: a replica that serves nothing without its master', async () => {
    const client = await connect((await server()).url);
    await client.configSet('replica-serve-stale-data', 'no');
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    expect(await detected(client.get('a'))).toEqual({ ...unavailable, type: 'MASTERDOWN' });
  });

  it('MISCONF: snapshots fail, so that it takes no writes', async () => {
    const client = await connect((await server('--save', '3600 1')).url);
    await rm(String((await client.configGet('dir'))['dir']), { recursive: true });
    await client.bgSave();
    await expect
      .poll(() => detected(client.set('a', '2')), { timeout: 5_000 })
      .toEqual({ ...refusesWrites, type: 'MISCONF' });
  });

  it('NOREPLICAS: not enough replicas for a write', async () => {
    const client = await connect((await server('--min-replicas-to-write', '1')).url);
    expect(await detected(client.set('a', '1'))).toEqual({ ...refusesWrites, type: 'NOREPLICAS' });
  });

  it('LOADING: it reads its data first', async () => {
    // It takes a second, and looks at its connections between the keys.
    const slow = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'];
    const { url } = await server('--enable-debug-command', 'local', ...slow);
    const [client, other] = [await connect(url), await connect(url)];
    await client.sendCommand(['DEBUG', 'POPULATE', '1000']);
    await client.sendCommand(['SAVE']);
    const reading = client.sendCommand(['DEBUG', 'RELOAD', 'NOSAVE']);
    const loading = { ...unavailable, type: 'LOADING' };
    await expect.poll(() => detected(other.get('a')), { interval: 5 }).toEqual(loading);
    await reading;
  });

  it('BUSY, NOTBUSY and UNKILLABLE: of scripts that hold it up', async () => {
    const { url } = await server('--busy-reply-threshold', '50');
    const [first, other] = [await connect(url), await connect(url)];
    expect(await detected(other.sendCommand(['SCRIPT', 'KILL']))).toEqual(
      permanent('validation', 'NOTBUSY'),
    );
    const reading = first.eval('while true do end').catch(() => undefined);
    await expect.poll(() => detected(other.get('a'))).toEqual({ ...unavailable, type: 'BUSY' });
    await other.sendCommand(['SCRIPT', 'KILL']);
    await reading;
    const writing = first.eval("redis.call('SET', 'a', '1') while true do end");
    const ended = writing.catch(() => undefined);
    await expect.poll(() => detected(other.get('a'))).toEqual({ ...unavailable, type: 'BUSY' });
    expect(await detected(other.sendCommand(['SCRIPT', 'KILL']))).toEqual(
      permanent('conflict', 'UNKILLABLE'),
    );
    await started[0]?.dispose();
    await ended;
  });

  it('CLUSTERDOWN, MOVED, ASK, CROSSSLOT and TRYAGAIN: a node of a cluster', async () => {
    const [one, other] = [await clusterNode(), await clusterNode()];
    const client = await connect(one.redis.url);
    const second = await connect(other.redis.url);
    expect(await detected(client.get('foo'))).toEqual({ ...unavailable, type: 'CLUSTERDOWN' });
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '8191']);
    await second.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '8192', '16383']);
    const address = ['127.0.0.1', String(other.redis.port), String(other.busPort)];
    await client.sendCommand(['CLUSTER', 'MEET', ...address]);
    const moved = permanent('configuration', 'MOVED');
    await expect.poll(() => detected(client.get('foo')), { timeout: 10_000 }).toEqual(moved);
    const crossing = client.sendCommand(['MGET', 'foo', 'bar']);
    expect(await detected(crossing)).toEqual(permanent('validation', 'CROSSSLOT'));
    // Slot 5061, of `bar`, is being moved to the other node.
    await client.set('{bar}1', 'here');
    const target = await second.clusterMyId();
    await client.sendCommand(['CLUSTER', 'SETSLOT', '5061', 'MIGRATING', target]);
    expect(await detected(client.get('{bar}2'))).toEqual(permanent('configuration', 'ASK'));
    const partly = client.sendCommand(['MGET', '{bar}1', '{bar}2']);
    expect(await detected(partly)).toEqual({ kind: 'transient', partial: true, type: 'TRYAGAIN' });
  });

  it('too many clients: it asks to slow down, and nothing was sent', async () => {
    const { url } = await server('--maxclients', '1');
    await connect(url);
    expect(await detected(connect(url).then((client) => client.ping()))).toEqual({
      kind: 'throttled',
      notSent: true,
      type: 'MAX_CLIENTS',
    });
  });

  it('UNBLOCKED: a waiting command, when a master becomes a replica', async () => {
    const { url } = await server();
    const [waiting, admin] = [await connect(url), await connect(url)];
    const blocked = detected(waiting.blPop('list', 0));
    await expect
      .poll(async () => (await admin.info('clients')).includes('blocked_clients:1'))
      .toBe(true);
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    expect(await blocked).toEqual({ kind: 'transient', partial: true, type: 'UNBLOCKED' });
  });

  it('a command that it does not know, or a protocol', async () => {
    const client = await connect((await server('--rename-command', 'GET', '')).url);
    const unknown = permanent('configuration', 'UNKNOWN_COMMAND');
    expect(await detected(client.get('a'))).toEqual(unknown);
    const hello = client.sendCommand(['HELLO', '9']);
    expect(await detected(hello)).toEqual(permanent('configuration', 'NOPROTO'));
  });

  it('a database that there is not', async () => {
    const { port } = await server();
    const connecting = connect(`redis://127.0.0.1:${port}/99`);
    expect(await detected(connecting)).toEqual(permanent('configuration', 'NO_SUCH_DATABASE'));
  });
});

describe('resilience rule 12: what a caller asks of Redis that cannot be', () => {
  it('WRONGTYPE, BUSYKEY, BUSYGROUP, NOGROUP and NOSCRIPT', async () => {
    const client = await connect((await server()).url);
    await client.lPush('list', 'value');
    expect(await detected(client.get('list'))).toEqual(permanent('validation', 'WRONGTYPE'));
    const dump = await client.withTypeMapping({ 36: Buffer }).dump('list');
    const restoring = client.restore('list', 0, dump);
    expect(await detected(restoring)).toEqual(permanent('conflict', 'BUSYKEY'));
    await client.xGroupCreate('stream', 'group', '$', { MKSTREAM: true });
    const again = client.xGroupCreate('stream', 'group', '$');
    expect(await detected(again)).toEqual(permanent('conflict', 'BUSYGROUP'));
    const other = client.xReadGroup('none', 'me', { key: 'stream', id: '>' });
    expect(await detected(other)).toEqual(permanent('not-found', 'NOGROUP'));
    const script = client.evalSha('0'.repeat(40));
    expect(await detected(script)).toEqual(permanent('not-found', 'NOSCRIPT'));
  });

  it('a transaction: the error of the command in it, of a pipeline the first one', async () => {
    const client = await connect((await server()).url);
    await client.lPush('list', 'value');
    const mixed = client.multi().set('a', '1').get('list').exec();
    expect(await detected(mixed)).toEqual(permanent('validation', 'WRONGTYPE'));
    const pipeline = client.multi().get('list').set('a', '1').execAsPipeline();
    expect(await detected(pipeline)).toEqual(permanent('validation', 'WRONGTYPE'));
  });

  it('EXECABORT: a transaction that was given up, with what it was given up for', async () => {
    const client = await connect((await server()).url);
    await client.sendCommand(['MULTI']);
    await rejectionOf(client.sendCommand(['GET']));
    const exec = client.sendCommand(['EXEC']);
    expect(await detected(exec)).toEqual(permanent('validation', 'EXECABORT'));
  });

  it('a watched key that somebody else wrote: the whole may be done again', async () => {
    const { url } = await server();
    const [client, other] = [await connect(url), await connect(url)];
    await client.watch('a');
    await other.set('a', '2');
    expect(await detected(client.multi().set('a', '1').exec())).toEqual({
      kind: 'transient',
      partial: true,
      type: 'REDIS_WATCH',
    });
  });

  it('leaves a mistake in the code unknown, and what is no error of Redis to others', async () => {
    const client = await connect((await server()).url);
    const error = await rejectionOf(client.sendCommand(['SET', 'a', '1', 'NONSENSE']));
    expect(redisReplyCodeOf(error)).toBe('ERR');
    expect(detector.detect(error)).toEqual({ kind: 'unknown', type: 'Error' });
    expect(detectRedisError(new Error('OOM command not allowed'))).toBeUndefined();
    expect(detectRedisError(new TypeError('BUSY'))).toBeUndefined();
    expect(detectRedisError('LOADING')).toBeUndefined();
    expect(redisReplyCodeOf(new Error('NOSCRIPT'))).toBeUndefined();
  });
});

describeOwnServers('resilience rule 12: how node-redis says that there is no connection', () => {
  it('a client that is closed, or has no connection: nothing was sent', async () => {
    const redis = await server();
    const closed = newClient(redis.url);
    const nothingSent = { ...unavailable, notSent: true };
    expect(await detected(closed.get('a'))).toEqual({ ...nothingSent, type: 'REDIS_CLOSED' });
    const offline = await connect(redis.url, {
      disableOfflineQueue: true,
      socket: { reconnectStrategy: 60_000 },
    });
    await redis.kill9();
    await expect
      .poll(() => detected(offline.get('a')))
      .toEqual({ ...nothingSent, type: 'REDIS_OFFLINE' });
  });

  it('a connection that ends while a reply is due: it may have been executed', async () => {
    const redis = await server();
    const client = await connect(redis.url);
    redis.stop();
    const waiting = detected(client.set('a', '1'));
    await redis.kill9();
    expect(await waiting).toMatchObject({ kind: 'unavailable' });
    expect(await waiting).not.toHaveProperty('notSent');
  });

  it('a client that is destroyed while a reply is due', async () => {
    const redis = await server();
    const client = await connect(redis.url);
    redis.stop();
    const waiting = detected(client.set('a', '1'));
    await new SystemClock().sleep(20); // it is written
    client.destroy();
    expect(await waiting).toEqual({ ...unavailable, type: 'REDIS_DISCONNECTED' });
  });

  it('nobody listens: the socket says so, whatever the reconnect strategy makes of it', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const refused = { kind: 'unavailable', type: 'ECONNREFUSED', notSent: true };
    expect(await detected(newClient(url).connect())).toEqual(refused);
    const giving = newClient(url, { socket: { reconnectStrategy: () => new Error('enough') } });
    expect(await detected(giving.connect())).toEqual(refused);
  });

  it('a server that takes the connection and says nothing', async () => {
    const redis = await server();
    redis.stop();
    const silent = newClient(redis.url, {
      socket: { socketTimeout: 50, reconnectStrategy: false },
    });
    expect(await detected(silent.connect().then(() => silent.get('a')))).toMatchObject({
      kind: 'timeout',
      type: 'REDIS_SOCKET_TIMEOUT',
    });
  });

  it('its own queue is full: refused here, nothing was sent', async () => {
    const client = newClient((await server()).url, {
      commandsQueueMaxLength: 10,
      socket: { reconnectStrategy: false },
    });
    await client.connect();
    const work = Array.from({ length: 20 }, () => client.get('a').catch((error: unknown) => error));
    const failed = (await Promise.all(work)).find((result) => result instanceof Error);
    expect(detector.detect(failed)).toEqual({
      kind: 'rejected',
      type: 'REDIS_QUEUE_FULL',
      notSent: true,
    });
  });

  it('a command that its signal cut off before it was sent', async () => {
    const client = await connect((await server()).url);
    const signal = AbortSignal.abort();
    const cut = client.withAbortSignal(signal).get('a');
    expect(await detected(cut)).toEqual({ kind: 'cancelled', type: 'AbortError' });
  });
});

it('resilience rule 12: an error of a script as Redis 6 wraps it is that of the command in it', async () => {
  const reply = 'ERR Error running script (call to f_6a): @user_script:1: -OOM command not allowed';
  const url = `redis://127.0.0.1:${await fakeServer(`-${reply}\r\n`)}`;
  const script = connect(url).then((client) => client.evalSha('6a'));
  expect(await detected(script)).toEqual({ ...refusesWrites, type: 'OOM' });
});

async function clusterNode(): Promise<{ redis: RedisServer; busPort: number }> {
  const busPort = await freePort();
  const redis = await server('--cluster-enabled', 'yes', '--cluster-port', String(busPort));
  return { redis, busPort };
}

/** Answers every command with one reply, for what no Redis of today says. @returns its port */
async function fakeServer(reply: string): Promise<number> {
  const fake: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const commands = chunk.toString().match(/^\*/gm)?.length ?? 0;
      socket.write(reply.repeat(commands));
    });
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  started.push({ dispose: async () => void fake.close() });
  return (fake.address() as { port: number }).port;
}
