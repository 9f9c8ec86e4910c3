import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rejectionOf } from '../../../test/support/rejection-of.js';
import { describeOwnServers } from '../../../test/support/servers/describe-own-servers.js';
import type { RedisServer } from '../../../test/support/servers/redis-server.js';
import { SentinelDeployment } from '../../../test/support/servers/sentinel-deployment.js';
import { MASTER_NAME } from '../../../test/support/servers/sentinel-server.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';

const clock = new SystemClock();
const secrets = { redis: 'hunter2', sentinels: 'hunter3' };
let deployment: SentinelDeployment;
let apps: TestingModule[];
let told: unknown[];

beforeEach(async () => {
  [apps, told] = [[], []];
  for (const level of ['error', 'warn', 'log', 'debug'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(
      (...args: unknown[]) => void told.push(args),
    );
  }
  deployment = await SentinelDeployment.start(secrets);
});
afterEach(async () => {
  for (const app of apps) await app.close();
  await deployment?.dispose();
  vi.restoreAllMocks();
});

async function boot(
  url = `redis-sentinel://:hunter2@${deployment.hosts}/1?name=${MASTER_NAME}&sentinelPassword=hunter3`,
): Promise<CacheService> {
  const app = await Test.createTestingModule({
    imports: [CacheModule.forRoot({ config: { url } })],
  }).compile();
  apps.push(app);
  return app.get(CacheService);
}

/** Waits until a write is acknowledged. */
async function untilWritten(cache: CacheService, key: string): Promise<void> {
  const startedAt = clock.now();
  while (!(await cache.set(key, 'new'))) {
    if (clock.now() - startedAt > 15_000) throw new Error('it found no master');
    await clock.sleep(20);
  }
}

/** How many names of the cache stand in a Redis. */
async function namesIn(server: RedisServer): Promise<number> {
  const keyspace = await deployment.askRedis(server, 'INFO', 'keyspace');
  return Number(/db1:keys=(\d+)/.exec(String(keyspace))?.[1] ?? 0);
}

async function roleOf(server: RedisServer): Promise<unknown> {
  return ((await deployment.askRedis(server, 'ROLE')) as unknown[])[0];
}

describeOwnServers('cache rule 23: a Redis that sentinels watch', () => {
  it('rules 4 and 6: is followed to its new master when the master is killed, and no secret is told', async () => {
    const [first, second] = deployment.redis;
    const cache = await boot();
    expect(await cache.set('key', 'old')).toBe(true);
    expect(await namesIn(first)).toBeGreaterThan(0);
    await first.kill9();
    expect(await cache.getOrSet('other', () => 'made')).toBe('made');
    await untilWritten(cache, 'key');
    expect(await cache.lookup('key')).toMatchObject({ value: 'new', stale: false });
    expect(await roleOf(second)).toBe('master');
    expect(await namesIn(second)).toBeGreaterThan(0);
    await first.restart();
    await expect.poll(() => roleOf(first), { timeout: 15_000 }).toBe('slave');
    expect(await cache.set('key', 'newer')).toBe(true);
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toMatch(/hunter[23]/);
  });

  it('is followed in a planned failover, where the former master refuses writes (READONLY)', async () => {
    const [first, second] = deployment.redis;
    const cache = await boot();
    expect(await cache.set('key', 'old')).toBe(true);
    await deployment.askSentinel(0, 'SENTINEL', 'FAILOVER', MASTER_NAME);
    await expect.poll(() => roleOf(second), { timeout: 15_000 }).toBe('master');
    await expect.poll(() => roleOf(first), { timeout: 15_000 }).toBe('slave');
    await untilWritten(cache, 'after');
    await untilWritten(cache, 'after');
    expect(await cache.lookup('after')).toMatchObject({ value: 'new', stale: false });
  });

  it('rule 6: boots while a sentinel is dead and another hangs', async () => {
    const [dead, hung] = deployment.sentinels;
    await dead?.kill9();
    hung?.stop();
    const cache = await boot();
    await untilWritten(cache, 'key');
    expect(await cache.lookup('key')).toMatchObject({ value: 'new', stale: false });
  });

  it.each([
    ['of the sentinels', 'sentinelPassword=hunter4', ':hunter2'],
    ['of the master', 'sentinelPassword=hunter3', ':hunter4'],
  ])('rule 6: a wrong password %s ends the boot, and is not told', async (_of, query, login) => {
    const url = `redis-sentinel://${login}@${deployment.hosts}/1?name=${MASTER_NAME}&${query}`;
    const error = await rejectionOf(boot(url));
    expect(String(error)).toContain('WRONGPASS');
    expect(JSON.stringify([told, String(error), error])).not.toMatch(/hunter[234]/);
  });

  it('a name that no sentinel knows is told by the health', async () => {
    await boot(
      `redis-sentinel://:hunter2@${deployment.hosts}/1?name=nobody&sentinelPassword=hunter3`,
    );
    const entry = apps[0]?.get(ResourceRegistry).get('cache');
    expect(entry?.phase).not.toBe('ready');
    expect(JSON.stringify(told)).toContain('it knows no such master');
  });
});
