import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDatabase } from 'nestjs-mainstay/testing/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

class CreateNote1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}

class AddNote1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("INSERT INTO note (text) VALUES ('once')");
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM note');
  }
}

class Broken1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("INSERT INTO note (text) VALUES ('half')");
    await runner.query('INSERT INTO nowhere VALUES (1)');
  }
  async down(): Promise<void> {}
}

describe('migrations', () => {
  let folder: string;
  const opened: FakeDatabase[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-migrations-'));
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    rmSync(folder, { recursive: true });
  });

  const open = async (migrations: readonly Function[], config = {}): Promise<FakeDatabase> => {
    const url = `sqlite:${join(folder, 'app.sqlite')}`;
    const database = await FakeDatabase.open({
      migrations,
      config: { url, acquireTimeout: 10_000, ...config },
      typeorm: { logging: false },
    });
    opened.push(database);
    return database;
  };
  const rows = (database: FakeDatabase): Promise<unknown> =>
    database.service.query('SELECT text FROM note');

  it('database rule 18: run in order before anybody is let in, once', async () => {
    const migrations = [AddNote1700000000002, CreateNote1700000000001];
    expect(await rows(await open(migrations))).toEqual([{ text: 'once' }]);
    expect(await rows(await open(migrations))).toEqual([{ text: 'once' }]);
  });

  it('database rule 18: of several that start together exactly one runs them', async () => {
    const migrations = [CreateNote1700000000001, AddNote1700000000002];
    const all = await Promise.all([1, 2, 3, 4].map(() => open(migrations)));
    for (const database of all) expect(await rows(database)).toEqual([{ text: 'once' }]);
  });

  it('database rule 18: waits for a process that holds the lock', async () => {
    await open([CreateNote1700000000001]);
    const script = `
      import Database from ${JSON.stringify(import.meta.resolve('libsql'))};
      const db = new Database(process.argv[1]);
      db.exec('BEGIN EXCLUSIVE');
      process.stdout.write('held');
      setTimeout(() => { db.exec('COMMIT'); process.exit(); }, 600);`;
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      join(folder, 'app.sqlite'),
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const database = await open([CreateNote1700000000001, AddNote1700000000002], {});
    expect(await rows(database)).toEqual([{ text: 'once' }]);
  });

  it('database rule 18: a migration that is wrong ends the boot and leaves nothing of any', async () => {
    await open([CreateNote1700000000001]);
    await expect(
      open([CreateNote1700000000001, AddNote1700000000002, Broken1700000000003]),
    ).rejects.toThrow(/step "run migrations" failed: .*none was applied: .*nowhere/);
    const database = await open([CreateNote1700000000001]);
    expect(await rows(database)).toEqual([]);
    expect(await database.service.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  it('do not run when migrationsRun is off', async () => {
    const database = await open([CreateNote1700000000001], { migrationsRun: false });
    await expect(rows(database)).rejects.toMatchObject({ kind: 'invalid-statement' });
  });
});
