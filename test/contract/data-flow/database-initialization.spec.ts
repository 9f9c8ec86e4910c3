import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { DatabaseModule, DatabaseService, type DatabaseConfig } from 'nestjs-mainstay/database';
import { ResourceRegistry, type ResourceEntry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { eventually } from '../../support/eventually.js';

const ALL_PASSED = [
  'database step: validate config passed',
  'database step: test connection passed',
  'database step: create connection passed',
  'database step: set options passed',
  'database step: test operations passed',
  'database initialization succeeded',
];

/**
 * Database Config → Validate Config → Test Connection → Initialize Database → Create Connection → Set Options → Test
 * Operations → Success → Record Status | Failure → Log Error → Retry/Fallback
 */
describe('Database Initialization', () => {
  let folder: string;
  let recorded: RecordedCalls;
  let logged: MockInstance<(message: unknown, ...rest: unknown[]) => void>;
  let module: TestingModule | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mainstay-'));
    recorded = new RecordedCalls();
    logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
  });
  afterEach(async () => {
    await module?.close();
    module = undefined;
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  function compile(config: Partial<DatabaseConfig>): Promise<TestingModule> {
    return Test.createTestingModule({
      imports: [recorded.asModule(), DatabaseModule.forRoot({ config })],
    }).compile();
  }

  const entry = (): ResourceEntry | undefined =>
    module?.get(ResourceRegistry, { strict: false }).get('database');

  it('Success: every step passes in order, the status is recorded', async () => {
    module = await compile({ url: `sqlite:${folder}/app.sqlite` });
    expect(recorded.calls).toEqual(ALL_PASSED);
    expect(entry()).toMatchObject({ phase: 'ready', initializationTries: 1 });
    expect(await module.get(DatabaseService).query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('Failure: the error is logged, the application starts degraded, a retry succeeds', async () => {
    const inTheWay = join(folder, 'data');
    await writeFile(inTheWay, 'a file where the folder of the database should be');
    module = await compile({ url: `sqlite:${inTheWay}/app.sqlite` });
    const database = module.get(DatabaseService);
    expect(entry()).toMatchObject({ phase: 'failed' });
    expect(recorded.calls.slice(0, 3)).toEqual([
      'database step: validate config passed',
      expect.stringMatching(/^database step: test connection failed /),
      'database initialization failed',
    ]);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(logged.mock.calls[0]?.[0]).toContain('database: step "test connection" failed:');
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      name: 'DatabaseUnavailableError',
    });
    await rm(inTheWay);
    await eventually(() => expect(entry()?.phase).toBe('ready'));
    expect(recorded.of('database ').slice(-6)).toEqual(ALL_PASSED);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('Failure, and the database is required: retried, then the application starts with it', async () => {
    const inTheWay = join(folder, 'data');
    await writeFile(inTheWay, '');
    const compiling = compile({ url: `sqlite:${inTheWay}/app.sqlite`, boot: 'required' });
    await eventually(() => expect(recorded.calls).toContain('database initialization failed'));
    await rm(inTheWay);
    module = await compiling;
    expect(entry()?.phase).toBe('ready');
    expect(recorded.of('database ').slice(-6)).toEqual(ALL_PASSED);
  });

  it('Validate Config fails: the application does not start, whatever the policy', async () => {
    await expect(compile({ url: 'sqlite:' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
    expect(recorded.calls).toEqual([]);
  });

  it('Test Connection finds a file that is no database: the application does not start, the file is untouched', async () => {
    const path = join(folder, 'notes.txt');
    const notes = 'This is no database. '.repeat(100);
    await writeFile(path, notes);
    await expect(compile({ url: `sqlite:${path}` })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      context: { resource: 'database', step: 'test connection' },
    });
  });
});
