import { once } from 'node:events';
import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { ResourceRegistry, type ResourceEntry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../test/support/free-port.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.js';
import type { CacheConfig } from './cache.config.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';

const clock = new SystemClock();
const apps: TestingModule[] = [];
const disposals: (() => Promise<void> | void)[] = [];

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  for (const dispose of disposals.splice(0).reverse()) await dispose();
  vi.restoreAllMocks();
});

async function server(...args: string[]): Promise<RedisServer> {
  const redis = await RedisServer.start({ args });
  disposals.push(() => redis.dispose());
  return redis;
}

async function proxyTo(redis: RedisServer): Promise<TcpProxy> {
  const network = await TcpProxy.start(redis.port);
  disposals.push(() => network.dispose());
  return network;
}

async function boot(config: Partial<CacheConfig>): Promise<TestingModule> {
  const recorded = new RecordedCalls();
  const app = await Test.createTestingModule({
    imports: [recorded.asModule(), CacheModule.forRoot({ config })],
  }).compile();
  apps.push(app);
  return app;
}

function entryOf(app: TestingModule): ResourceEntry {
  return app.get(ResourceRegistry).get('cache') as ResourceEntry;
}

interface Fault {
  readonly name: string;
  readonly begin: (redis: RedisServer, network: TcpProxy) => Promise<void> | void;
  readonly end: (redis: RedisServer, network: TcpProxy) => Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  { name: 'refuses', begin: (_, network) => network.cut(), end: (_, network) => network.heal() },
  {
    name: 'never answers',
    begin: (_, network) => network.blackHole(),
    end: (_, network) => network.heal(),
  },
  { name: 'is frozen', begin: (redis) => redis.stop(), end: (redis) => redis.resume() },
];

describe.each(FAULTS)('cache rule 6: at boot, a Redis that $name', ({ begin, end }) => {
  it('lets the application start without it, and is taken up within 5 s', async () => {
    const redis = await server();
    const network = await proxyTo(redis);
    await begin(redis, network);
    const startedAt = clock.now();
    const app = await boot({ url: `redis://127.0.0.1:${network.port}` });
    expect(clock.now() - startedAt).toBeLessThan(2_000);
    const cache = app.get(CacheService);
    expect(entryOf(app).phase).not.toBe('ready');
    expect(entryOf(app).resource.hasFallback).toBe(true);
    expect(await cache.getOrSet('key', () => 1)).toBe(1);
    expect(await cache.lookupOrSet('key', () => 2)).toEqual({
      value: 1,
      source: 'l1',
      stale: true,
    });
    expect(await cache.set('key', 3)).toBe(false);
    await end(redis, network);
    const healedAt = clock.now();
    await expect.poll(() => entryOf(app).phase, { timeout: 10_000, interval: 20 }).toBe('ready');
    expect(clock.now() - healedAt).toBeLessThan(5_000);
    expect(await cache.set('key', 4)).toBe(true);
    expect(await cache.lookup('key')).toMatchObject({ value: 4, source: 'l1', stale: false });
  });
});

describe('cache rule 6: boot "required"', () => {
  it('takes the Redis that comes up while it waits', async () => {
    const redis = await server();
    const network = await proxyTo(redis);
    network.cut();
    const booting = boot({ url: `redis://127.0.0.1:${network.port}`, boot: 'required' });
    await expect.poll(() => network.acceptedConnections).toBe(0);
    await network.heal();
    expect(entryOf(await booting).phase).toBe('ready');
  });
});

describe('a configuration that cannot work', () => {
  it.each<[string, (port: number) => string]>([
    ['a wrong password', (port) => `redis://:hunter3@127.0.0.1:${port}`],
    ['no password', (port) => `redis://127.0.0.1:${port}`],
    ['a user that there is not', (port) => `redis://nobody:hunter3@127.0.0.1:${port}`],
  ])('%s ends the boot at once, and the password is nowhere', async (_name, urlOf) => {
    const told: unknown[] = [];
    for (const level of ['error', 'warn', 'log', 'debug'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(
        (...args: unknown[]) => void told.push(args),
      );
    }
    const { port } = await server('--requirepass', 'hunter2');
    const startedAt = clock.now();
    const error: unknown = await boot({ url: urlOf(port), boot: 'required' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(clock.now() - startedAt).toBeLessThan(5_000);
    expect(error).toMatchObject({ code: 'RESOURCE_UNAVAILABLE' });
    const everything = [
      String(error),
      JSON.stringify(error),
      (error as Error).stack,
      JSON.stringify(told),
    ];
    expect(everything.join()).not.toMatch(/hunter[23]/);
  });

  it.each([
    ['store', '-@scripting'],
    ['read', '-mget'],
  ])('a user who may not %s entries', async (_what, refused) => {
    const redis = await server();
    const admin = createClient({ url: redis.url });
    admin.on('error', () => undefined);
    await admin.connect();
    await admin.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>pass', '~*', '+@all', refused]);
    admin.destroy();
    const url = `redis://app:pass@127.0.0.1:${redis.port}`;
    await expect(boot({ url, boot: 'required' })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringMatching(/test operations.*permissions/) as string,
    });
  });

  it('a URL that holds a password and cannot be read', async () => {
    const error: unknown = await boot({ url: 'redis://:hunter2/@@host' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: expect.stringContaining('cannot be read') as string });
    expect(String(error) + (error as Error).stack).not.toContain('hunter2');
  });

  it('a server that is no Redis', async () => {
    const stranger = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const port = await freePort();
    stranger.listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    disposals.push(() => void stranger.close());
    const app = await boot({ url: `redis://127.0.0.1:${port}` });
    expect(entryOf(app).phase).not.toBe('ready');
    expect(await app.get(CacheService).getOrSet('key', () => 1)).toBe(1);
  });
});

describe('after the boot', () => {
  it('the probe makes real round trips, per capability, and fails while Redis is away', async () => {
    const redis = await server();
    const app = await boot({ url: redis.url });
    const { resource } = entryOf(app);
    const { signal } = new AbortController();
    expect(await resource.probe(signal)).toEqual({
      capabilities: { read: true, write: true },
      details: { entries: 0, maxEntries: 10_000, queued: 0, missed: 0, undecodable: 0 },
    });
    await redis.kill9();
    await app.get(CacheService).delete('key');
    await expect(resource.probe(signal)).rejects.toMatchObject({ code: 'CACHE_TIER_UNAVAILABLE' });
    await redis.restart();
    await expect
      .poll(() => resource.probe(signal).catch(() => undefined), { timeout: 5_000 })
      .toMatchObject({
        capabilities: { read: true, write: true },
      });
    expect(entryOf(app).phase).toBe('ready');
  });

  it('says that writes are refused while Redis is out of memory', async () => {
    const redis = await server();
    const app = await boot({ url: redis.url });
    const client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
    client.destroy();
    const { signal } = new AbortController();
    expect(await entryOf(app).resource.probe(signal)).toMatchObject({
      capabilities: { read: true, write: false },
    });
  });
});
