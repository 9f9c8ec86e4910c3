import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { InjectDataSource, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { SystemClock } from 'nestjs-mainstay/common';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import {
  Column,
  DataSource,
  Entity,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Repository,
  Tree,
  TreeChildren,
  TreeParent,
  TreeRepository,
} from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseModule, DatabaseService, getDatabaseToken, InjectDatabase } from './index.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') text!: string;
}

@Entity()
@Tree('materialized-path')
class Folder {
  @PrimaryGeneratedColumn() id!: number;
  @TreeChildren() children!: Folder[];
  @TreeParent() parent!: Folder | null;
}

@Entity()
class WithoutTable {
  @PrimaryColumn() id!: number;
  @Column('no-such-type' as 'text') text!: string;
}

@Injectable()
class Notes {
  constructor(
    @InjectRepository(Note) readonly notes: Repository<Note>,
    @InjectRepository(Folder) readonly folders: TreeRepository<Folder>,
    @InjectDataSource() readonly dataSource: DataSource,
    readonly database: DatabaseService,
  ) {}
}

const clock = new SystemClock();
const silent = { log: () => {}, warn: () => {}, error: () => {} };

const notesModule = TypeOrmModule.forFeature([Note, Folder]);

describe('DatabaseModule', () => {
  let folder: string;
  const apps: TestingModule[] = [];
  const recorded = new RecordedCalls();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-database-'));
    recorded.clear();
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    rmSync(folder, { recursive: true });
  });

  const start = async (imports: DynamicModule[], providers: Provider[] = [Notes]) => {
    const app = await Test.createTestingModule({
      imports: [recorded.asModule(), ...imports],
      providers,
    })
      .setLogger(silent)
      .compile();
    apps.push(app);
    return app.init();
  };
  const file = (name: string): { url: string; synchronize: boolean } => ({
    url: `sqlite:${join(folder, name)}`,
    synchronize: true,
  });
  const phase = (app: TestingModule): string | undefined =>
    app.get(ResourceRegistry, { strict: false }).get('database')?.phase;

  it('initialises by the named steps and gives working repositories', async () => {
    const app = await start([
      DatabaseModule.forRoot({ config: file('made/app.sqlite') }),
      notesModule,
    ]);
    const { notes, folders, dataSource, database } = app.get(Notes);
    await notes.save({ text: 'a' });
    await folders.save({ children: [] });
    expect(await folders.findTrees()).toHaveLength(1);
    expect(await database.query('SELECT text FROM note')).toEqual([{ text: 'a' }]);
    expect(dataSource).toBe(database.dataSource);
    expect(recorded.of('database step').concat(recorded.of('database init'))).toEqual([
      'database step: validate config passed',
      'database step: test connection passed',
      'database step: create connection passed',
      'database step: set options passed',
      'database step: test operations passed',
      'database step: synchronize schema passed',
      'database initialization succeeded',
    ]);
  });

  it('sets the write-ahead log, foreign keys and no waiting inside SQLite, and leaves no sentinel', async () => {
    const app = await start([DatabaseModule.forRoot({ config: file('app.sqlite') }), notesModule]);
    const { database } = app.get(Notes);
    expect(await database.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await database.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    expect(await database.query('PRAGMA busy_timeout')).toEqual([{ timeout: 0 }]);
    const tables = await database.query<{ name: string }[]>(
      "SELECT name FROM sqlite_master WHERE name LIKE 'mainstay%'",
    );
    expect(tables).toEqual([]);
  });

  it('keeps what was written over a restart', async () => {
    const first = await start([
      DatabaseModule.forRoot({ config: file('app.sqlite') }),
      notesModule,
    ]);
    await first.get(Notes).notes.save({ text: 'kept' });
    await first.close();
    const second = await start([
      DatabaseModule.forRoot({ config: file('app.sqlite') }),
      notesModule,
    ]);
    expect(await second.get(Notes).notes.find()).toMatchObject([{ text: 'kept' }]);
  });

  describe('while the database is away', () => {
    /** A file where the directory should be: it fails for root as well, and can be taken away. */
    const startWithout = async (): Promise<TestingModule> => {
      writeFileSync(join(folder, 'blocked'), '');
      return start([DatabaseModule.forRoot({ config: file('blocked/app.sqlite') }), notesModule]);
    };

    it('database rule 2: starts degraded; calls fail at once and say when to come back', async () => {
      const startedAt = clock.now();
      const app = await startWithout();
      expect(clock.now() - startedAt).toBeLessThan(3_000);
      const { notes, folders, database } = app.get(Notes);
      expect(folders).toBeInstanceOf(TreeRepository);
      const unavailable = {
        code: 'DATABASE_UNAVAILABLE',
        outcome: 'not-sent',
        retryAfterMs: 1_000,
        retryable: true,
      };
      await expect(notes.find()).rejects.toMatchObject(unavailable);
      await expect(notes.save({ text: 'x' })).rejects.toMatchObject(unavailable);
      await expect(database.query('SELECT 1')).rejects.toMatchObject(unavailable);
      await expect(database.transaction(() => notes.find())).rejects.toMatchObject(unavailable);
      const callAt = clock.now();
      for (let call = 0; call < 20; call++) await notes.find().catch(() => undefined);
      expect((clock.now() - callAt) / 20).toBeLessThan(25);
      expect(phase(app)).not.toBe('ready');
    });

    it('database rule 2: comes back by itself, with the same injected repository', async () => {
      const app = await startWithout();
      const { notes, dataSource } = app.get(Notes);
      await expect(notes.find()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      rmSync(join(folder, 'blocked'));
      await vi.waitFor(() => expect(phase(app)).toBe('ready'), 5_000);
      await notes.save({ text: 'back' });
      expect(await dataSource.getRepository(Note).count()).toBe(1);
    });

    it('shuts down while it is away', async () => {
      const app = await startWithout();
      const startedAt = clock.now();
      await app.close();
      expect(clock.now() - startedAt).toBeLessThan(3_000);
    });
  });

  it('database rule 1: wrong entities end the boot at once, and say which', async () => {
    const startedAt = clock.now();
    await expect(
      start([DatabaseModule.forRoot({ config: file('app.sqlite'), entities: [WithoutTable] })], []),
    ).rejects.toMatchObject({
      code: 'DATABASE_CONFIGURATION',
      message: expect.stringContaining('no-such-type'),
    });
    expect(clock.now() - startedAt).toBeLessThan(5_000);
  });

  it('database rule 1: a file that is no database ends the boot and is not touched', async () => {
    const text = 'These are my notes, not a database. '.repeat(40);
    writeFileSync(join(folder, 'notes.txt'), text);
    await expect(
      start([DatabaseModule.forRoot({ config: file('notes.txt') })], []),
    ).rejects.toThrow(/step "test connection" failed: .*no SQLite database/);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe(text);
  });

  it('database rule 1: boot required does not start without it', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'x'.repeat(4096));
    const config = { ...file('notes.txt'), boot: 'required' as const };
    await expect(start([DatabaseModule.forRoot({ config })], [])).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
    });
  });

  it('reports a URL of another engine with the other violations', async () => {
    const config = { url: 'oracle://db', acquireTimeout: -1 };
    await expect(start([DatabaseModule.forRoot({ config })], [])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(
        /2 problems[\s\S]*database\.url[\s\S]*sqlite:[\s\S]*database\.acquireTimeout/,
      ),
    });
  });

  it.each(['sqlite:', 'sqlite://host/app.sqlite'])(
    'refuses %s, which names no file',
    async (url) => {
      await expect(start([DatabaseModule.forRoot({ config: { url } })], [])).rejects.toThrow(
        'must name a file on this machine',
      );
    },
  );

  it('takes options from a factory, and repositories from forFeature', async () => {
    @Module({ providers: [{ provide: 'PATH', useValue: 'late.sqlite' }], exports: ['PATH'] })
    class PathModule {}
    await start([
      DatabaseModule.forRootAsync({
        imports: [PathModule],
        inject: ['PATH'],
        useFactory: (path: string) => ({ config: file(path), entities: [Folder] }),
      }),
      DatabaseModule.forFeature([Note, Folder]),
    ]);
    expect(existsSync(join(folder, 'late.sqlite'))).toBe(true);
  });

  it('database rule 20: named instances are apart', async () => {
    @Injectable()
    class Both {
      constructor(
        readonly main: DatabaseService,
        @InjectDatabase('reports') readonly reports: DatabaseService,
        @InjectRepository(Note, 'reports') readonly notes: Repository<Note>,
      ) {}
    }
    const app = await start(
      [
        DatabaseModule.forRoot({ config: file('main.sqlite') }),
        DatabaseModule.forRoot({ name: 'reports', config: file('reports.sqlite') }),
        DatabaseModule.forFeature([Note], 'reports'),
      ],
      [Both],
    );
    const { main, reports, notes } = app.get(Both);
    await main.transaction(() => notes.save({ text: 'in reports' }));
    expect(await reports.query('SELECT text FROM note')).toEqual([{ text: 'in reports' }]);
    await expect(main.query('SELECT nothing')).rejects.toMatchObject({ dataSource: 'database' });
    await expect(reports.query('SELECT nothing')).rejects.toMatchObject({
      dataSource: 'database:reports',
    });
    expect(await main.query("SELECT * FROM note WHERE text = 'in reports'")).toEqual([]);
    expect(reports.dataSource.name).toBe('database:reports');
    expect(app.get(getDatabaseToken('reports'))).toBe(reports);
  });

  it('database rule 20: two instances of one name end the boot', async () => {
    const twice = [0, 1].map((n) =>
      DatabaseModule.forRoot({ name: 'a', config: file(`${n}.sqlite`) }),
    );
    await expect(start(twice, [])).rejects.toMatchObject({ code: 'RESOURCE_DUPLICATE' });
  });

  it('several applications in one process do not meet', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) =>
        start([DatabaseModule.forRoot({ config: file(`${name}.sqlite`) }), notesModule]),
      ),
    );
    await one!.get(Notes).database.transaction(async () => {
      await one!.get(Notes).notes.save({ text: 'one' });
      expect(await two!.get(Notes).notes.count()).toBe(0);
    });
  });

  describe('probe', () => {
    const probe = (app: TestingModule) =>
      app
        .get(ResourceRegistry, { strict: false })
        .get('database')!
        .resource.probe(new AbortController().signal);

    it('database rule 16: reads and writes for real', async () => {
      const app = await start([
        DatabaseModule.forRoot({ config: file('app.sqlite') }),
        notesModule,
      ]);
      expect(await probe(app)).toMatchObject({
        capabilities: { read: true, write: true },
        details: { write: 'works', waiting: 0 },
      });
    });

    it('database rule 16: a connection in use is busy, not down', async () => {
      const app = await start([
        DatabaseModule.forRoot({ config: file('app.sqlite') }),
        notesModule,
      ]);
      const { database } = app.get(Notes);
      await database.transaction(async () => {
        await database.query("INSERT INTO note (text) VALUES ('x')");
        expect(await probe(app)).toMatchObject({
          capabilities: { read: true, write: true },
          details: { write: 'saturated' },
        });
      });
    });

    it('database rule 16: a database that cannot be written says so', async () => {
      const app = await start([
        DatabaseModule.forRoot({ config: file('app.sqlite') }),
        notesModule,
      ]);
      await app.get(Notes).database.query('PRAGMA query_only = ON');
      expect(await probe(app)).toMatchObject({
        capabilities: { read: true, write: false },
        details: { write: 'SQLITE_READONLY' },
      });
    });
  });
});
