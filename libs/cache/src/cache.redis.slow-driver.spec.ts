import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { CacheModule } from './cache.module.js';

/** Loading takes longer than a degraded boot waits, as on a busy machine whose disk is cold. */
vi.mock('nestjs-mainstay/common', async (importOriginal) => {
  const common = await importOriginal<typeof import('nestjs-mainstay/common')>();
  const importPeer = async (...what: Parameters<typeof common.importPeer>): Promise<unknown> => {
    await new common.SystemClock().sleep(1_000);
    return common.importPeer(...what);
  };
  return { ...common, importPeer };
});

let redis: RedisServer;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start({ args: ['--requirepass', 'hunter2'] });
});
afterAll(async () => {
  Logger.overrideLogger(true);
  await redis.dispose();
});

it('cache rule 6: a wrong password ends a degraded boot, however long the driver takes to load', async () => {
  const config = { url: `redis://:hunter3@127.0.0.1:${redis.port}`, boot: 'degraded' } as const;
  const booting = Test.createTestingModule({
    imports: [CacheModule.forRoot({ config })],
  }).compile();
  await expect(booting).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' });
});
