import { Column, Entity, PrimaryGeneratedColumn, Repository, Tree, TreeRepository } from 'typeorm';
import { TreeChildren, TreeParent } from 'typeorm';
import { SystemClock } from 'nestjs-mainstay/common';
import { afterEach, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import { TcpProxy } from '../../../../test/support/servers/tcp-proxy.js';
import { eventually } from '../../../../test/support/eventually.js';

const clock = new SystemClock();

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'text', unique: true }) text!: string;
}

@Entity()
@Tree('closure-table')
class Folder {
  @PrimaryGeneratedColumn() id!: number;
  @TreeParent() parent!: Folder | null;
  @TreeChildren() children!: Folder[];
}

@Entity()
class Broken {
  @PrimaryGeneratedColumn() id!: number;
  @Column('no_such_type' as 'text') text!: string;
}

const entities = [Note, Folder];

describe('the boot on PostgreSQL', () => {
  let server: PostgresServer | undefined;
  let proxy: TcpProxy | undefined;
  let app: DatabaseApp | undefined;

  afterEach(async () => {
    await app?.close();
    await proxy?.dispose();
    await server?.dispose();
    app = proxy = server = undefined;
  });

  const start = (url: string, boot: 'degraded' | 'required' = 'degraded'): Promise<DatabaseApp> =>
    DatabaseApp.start({ url, boot, synchronize: true }, entities);

  it('database rule 1: passes the steps of the document, then lets callers in', async () => {
    server = await PostgresServer.start();
    app = await start(server.url, 'required');
    expect(app.registry.get('database')?.steps).toMatchObject(
      [
        'validate config',
        'test connection',
        'create connection',
        'set options',
        'test operations',
        'synchronize schema',
      ].map((name) => ({ name, state: 'passed' })),
    );
    await app.repository(Note).save({ text: 'x' });
    expect(await app.repository(Note).count()).toBe(1);
  });

  it.each([
    ['the password', '28P01', (url: URL) => (url.password = 'wrong-secret')],
    ['the role', '28P01', (url: URL) => (url.username = 'nobody')],
    ['the database', '3D000', (url: URL) => (url.pathname = '/missing')],
  ])('database rule 1: %s is wrong (%s): the boot ends at once', async (_what, sqlState, spoil) => {
    server = await PostgresServer.start();
    const url = new URL(server.url);
    const { password } = url;
    spoil(url);
    const startedAt = clock.now();
    const error = await start(url.href).then(
      () => new Error('started'),
      (refusal: Error) => refusal,
    );
    expect(error).toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      cause: { code: 'DATABASE_CONNECTION', cause: { code: sqlState } },
    });
    const shown = `${error.message}${error.stack}${JSON.stringify(error)}`;
    expect(shown).not.toContain(password);
    expect(shown).not.toContain('wrong-secret');
    expect(clock.now() - startedAt).toBeLessThan(3_000);
  });

  it('database rule 1: an entity that is wrong ends the boot before there is a server', async () => {
    const url = 'postgres://a:b@127.0.0.1:1/c';
    const refused = DatabaseApp.start({ url }, [], { entities: [Broken] });
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_CONFIGURATION' });
  });

  it('database rule 2: starts without the server; calls fail at once; the same repositories work when it is there', async () => {
    server = await PostgresServer.start();
    await server.kill9();
    const startedAt = clock.now();
    app = await start(server.url);
    expect(clock.now() - startedAt).toBeLessThan(2_000);
    const notes = app.repository(Note);
    const folders = app.repository(Folder);
    expect(notes).toBeInstanceOf(Repository);
    expect(folders).toBeInstanceOf(TreeRepository);
    const calledAt = clock.now();
    for (let call = 0; call < 50; call++) {
      await expect(notes.find()).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        retryAfterMs: 1_000,
        outcome: 'not-sent',
      });
    }
    expect((clock.now() - calledAt) / 50).toBeLessThan(5);
    await expect(app.service.query('SELECT 1')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await server.restart();
    const backAt = clock.now();
    await eventually(() => notes.save({ text: 'x' }));
    expect(clock.now() - backAt).toBeLessThan(5_000);
    expect(await notes.count()).toBe(1);
  });

  it.each(['black hole', 'SIGSTOP'])(
    'database rule 2: recovers from a %s at the start within 5 s',
    async (fault) => {
      server = await PostgresServer.start();
      proxy = await TcpProxy.start(server.port);
      const url = new URL(server.url);
      url.port = String(proxy.port);
      if (fault === 'SIGSTOP') server.stop();
      else proxy.blackHole();
      const startedAt = clock.now();
      app = await start(url.href);
      expect(clock.now() - startedAt).toBeLessThan(2_000);
      await expect(app.repository(Note).find()).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
      await clock.sleep(2_000);
      if (fault === 'SIGSTOP') server.resume();
      else await proxy.heal();
      const backAt = clock.now();
      await eventually(() => app?.repository(Note).save({ text: 'x' }));
      expect(clock.now() - backAt).toBeLessThan(5_000);
    },
  );
});
