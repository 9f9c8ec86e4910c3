import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SystemClock } from 'nestjs-mainstay/common';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import { queryPostgres } from '../../../../test/support/servers/query-postgres.js';

class CreateEvents1700000000001 implements MigrationInterface {
  readonly name = 'CreateEvents1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE events (id serial PRIMARY KEY, text text)');
    await runner.query('SELECT pg_sleep(0.3)');
    await runner.query("INSERT INTO events (text) VALUES ('first')");
  }

  async down(): Promise<void> {}
}

class AddEvent1700000000002 implements MigrationInterface {
  readonly name = 'AddEvent1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("INSERT INTO events (text) VALUES ('second')");
  }

  async down(): Promise<void> {}
}

class Broken1700000000003 implements MigrationInterface {
  readonly name = 'Broken1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO nowhere VALUES (1)');
  }

  async down(): Promise<void> {}
}

const migrations = [CreateEvents1700000000001, AddEvent1700000000002];

describe('migrations on PostgreSQL', () => {
  const clock = new SystemClock();
  let server: PostgresServer;
  let apps: DatabaseApp[];

  beforeEach(async () => {
    server = await PostgresServer.start();
    apps = [];
  });

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await server?.dispose();
  });

  const start = async (
    classes: readonly Function[] = migrations,
    boot: 'degraded' | 'required' = 'required',
  ): Promise<DatabaseApp> => {
    const app = await DatabaseApp.start({ url: server.url, boot }, [], { migrations: classes });
    apps.push(app);
    return app;
  };
  const read = <T>(sql: string): Promise<T[]> => queryPostgres<T>(server.url, sql);

  it('database rule 18: of three that start together one runs each migration, exactly once', async () => {
    await Promise.all([start(), start(), start()]);
    const events = [{ text: 'first' }, { text: 'second' }];
    expect(await read('SELECT text FROM events ORDER BY id')).toEqual(events);
    expect(await read('SELECT name FROM migrations ORDER BY id')).toHaveLength(2);
    expect(await read("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
  });

  it('database rule 18: a migration that is wrong ends the boot and leaves nothing of any', async () => {
    await expect(start([...migrations, Broken1700000000003])).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringContaining('a migration failed, none was applied') as unknown,
    });
    expect(await read("SELECT 1 FROM pg_tables WHERE tablename = 'events'")).toEqual([]);
    expect(await read("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
  });

  it('database rule 18: waits for one that is running them, and lets nobody in before', async () => {
    const holder = new Client(server.url);
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(7305804402566030000)');
    const app = await start(migrations, 'degraded');
    await expect(app.service.query('SELECT 1')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    expect(app.isReady).toBe(false);
    await holder.end();
    const freeAt = clock.now();
    while (!app.isReady) await clock.sleep(20);
    expect(clock.now() - freeAt).toBeLessThan(3_000);
    expect(await app.service.query('SELECT text FROM events')).toHaveLength(2);
  });

  it('database rule 19: closing while it waits for the lock ends', async () => {
    const holder = new Client(server.url);
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(7305804402566030000)');
    const app = await start(migrations, 'degraded');
    const closedAt = clock.now();
    await app.close();
    expect(clock.now() - closedAt).toBeLessThan(2_500);
    await holder.end();
    await clock.sleep(200);
    expect(await read("SELECT 1 FROM pg_tables WHERE tablename = 'events'")).toEqual([]);
  });
});
