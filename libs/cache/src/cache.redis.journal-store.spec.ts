import { Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.js';
import { CacheModule } from './cache.module.js';
import { CacheService } from './cache.service.js';
import type { JournalRecord, JournalStore } from './tiers/journal-store.js';

const BACK_MS = 5_000;

/** What a database would be: it outlives the processes that use it. */
class Table implements JournalStore {
  records: readonly JournalRecord[] = [];

  load(): Promise<readonly JournalRecord[]> {
    return Promise.resolve(this.records);
  }

  save(records: readonly JournalRecord[]): Promise<void> {
    this.records = [...this.records, ...records];
    return Promise.resolve();
  }

  remove(records: readonly JournalRecord[]): Promise<void> {
    this.records = this.records.filter(({ name }) => !records.some((gone) => gone.name === name));
    return Promise.resolve();
  }
}

@Module({ providers: [Table], exports: [Table] })
class DatabaseModule {}

let redis: RedisServer;
let network: TcpProxy;
const apps: TestingModule[] = [];

// Warnings of the faults that are made here.
beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await RedisServer.start();
  network = await TcpProxy.start(redis.port);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(async () => {
  await network.dispose();
  await redis.dispose();
  Logger.overrideLogger(true);
});

async function start(url: string, table: Table): Promise<CacheService> {
  const app = await Test.createTestingModule({
    imports: [
      CacheModule.forRootAsync({
        imports: [DatabaseModule],
        inject: [Table],
        useFactory: (journalStore: Table) => ({ config: { url }, journalStore }),
      }),
    ],
  })
    .overrideProvider(Table)
    .useValue(table)
    .compile();
  apps.push(app);
  return app.get(CacheService);
}

describe('cache rule 14: a process that never comes back', () => {
  it('has its queued invalidations told by the next one, from where the application keeps them', async () => {
    const table = new Table();
    const doomed = await start(`redis://127.0.0.1:${network.port}`, table);
    const other = await start(redis.url, new Table());
    await eventually(async () => expect(await doomed.set('key', 'old')).toBe(true), BACK_MS);
    await eventually(async () => expect(await other.get('key')).toBe('old'), BACK_MS);

    network.cut();
    expect(await doomed.delete('key')).toBe(false);
    await eventually(() => expect(table.records).toHaveLength(1), BACK_MS);
    expect(await other.get('key')).toBe('old');

    const next = await start(redis.url, table);
    await eventually(async () => expect(await next.get('key')).toBeNull(), BACK_MS);
    await eventually(async () => expect(await other.get('key')).toBeNull(), BACK_MS);
    await eventually(() => expect(table.records).toEqual([]), BACK_MS);
  });
});
