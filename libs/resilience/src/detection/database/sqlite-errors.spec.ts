import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { ErrorDetector } from '../../error-detector.js';
import { meaningOfResultCode } from './sqlite-codes.js';
import { findSqliteError } from './sqlite-errors.js';

const detector = new ErrorDetector();
const open = new Set<InstanceType<typeof Database>>();
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-errors-'));
  file = join(folder, 'database.sqlite');
});

afterEach(async () => {
  for (const database of open) database.close();
  open.clear();
  await rm(folder, { recursive: true });
});

function connect(path = file, options: object = {}): InstanceType<typeof Database> {
  const database = new Database(path, { timeout: 0, ...options });
  open.add(database);
  return database;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('It should have failed.');
}

const permanent = (reason: string, type: string) => ({ kind: 'permanent', reason, type });

describe('resilience rule 12: errors of a real SQLite', () => {
  it.each([
    ['unique', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'conflict', 'INSERT INTO parent VALUES (1)'],
    ['unique', 'SQLITE_CONSTRAINT_UNIQUE', 'conflict', "INSERT INTO child VALUES (2, 1, 'a')"],
    [
      'foreign-key',
      'SQLITE_CONSTRAINT_FOREIGNKEY',
      'conflict',
      "INSERT INTO child VALUES (2, 9, 'b')",
    ],
    [
      'not-null',
      'SQLITE_CONSTRAINT_NOTNULL',
      'validation',
      'INSERT INTO child VALUES (2, 1, NULL)',
    ],
    ['check', 'SQLITE_CONSTRAINT_CHECK', 'validation', "INSERT INTO child VALUES (0, 1, 'b')"],
    ['constraint', 'SQLITE_CONSTRAINT_TRIGGER', 'validation', 'DELETE FROM parent'],
    ['invalid-statement', 'SQLITE_ERROR', 'validation', 'SELEC 1'],
    ['invalid-statement', 'SQLITE_ERROR', 'validation', 'SELECT * FROM nowhere'],
    ['invalid-statement', 'SQLITE_MISMATCH', 'validation', "INSERT INTO parent VALUES ('x')"],
    ['too-big', 'SQLITE_TOOBIG', 'validation', 'SELECT zeroblob(2000000000)'],
  ])('%s: %s', (condition, code, reason, sql) => {
    const database = connect();
    database.exec(`
      PRAGMA foreign_keys = ON;
      CREATE TABLE parent (id INTEGER PRIMARY KEY);
      CREATE TABLE child (id INTEGER CHECK (id > 0), parent INTEGER REFERENCES parent, name TEXT NOT NULL UNIQUE);
      INSERT INTO parent VALUES (1);
      INSERT INTO child VALUES (1, 1, 'a');
      CREATE TRIGGER keep BEFORE DELETE ON parent BEGIN SELECT RAISE(ABORT, 'kept'); END`);
    const error = thrownBy(() => database.exec(sql));
    expect(findSqliteError(error)).toMatchObject({ condition, code });
    expect(detector.detect(error)).toEqual(permanent(reason, code));
  });

  it('SQLITE_BUSY: somebody else writes; nothing was done, so that it may be tried again', () => {
    const [one, other] = [connect(), connect()];
    one.exec('CREATE TABLE a (id); BEGIN IMMEDIATE');
    expect(detector.detect(thrownBy(() => other.exec('BEGIN IMMEDIATE')))).toEqual({
      kind: 'transient',
      notSent: true,
      type: 'SQLITE_BUSY',
    });
  });

  it('SQLITE_FULL and SQLITE_READONLY: no writes; it still answers reads', () => {
    const database = connect();
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE a (id)');
    const refused = { kind: 'unavailable', retryable: false, partial: true };
    const full = thrownBy(() => database.exec('INSERT INTO a VALUES (zeroblob(100000))'));
    expect(detector.detect(full)).toEqual({ ...refused, type: 'SQLITE_FULL' });
    database.exec('PRAGMA query_only = ON');
    const readOnly = thrownBy(() => database.exec('INSERT INTO a VALUES (1)'));
    expect(detector.detect(readOnly)).toEqual({ ...refused, type: 'SQLITE_READONLY' });
  });

  it.each(['nowhere/a.sqlite', '.'])('SQLITE_CANTOPEN: no such file can be: %s', (path) => {
    const error = thrownBy(() => connect(join(folder, path)));
    expect(findSqliteError(error)?.condition).toBe('cannot-open');
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: 'SQLITE_CANTOPEN' });
  });

  it('SQLITE_NOTADB: something else in the file', async () => {
    await writeFile(file, 'no database, but long enough for a header: '.repeat(40));
    const error = thrownBy(() => connect().exec('SELECT * FROM a'));
    expect(detector.detect(error)).toEqual(permanent('configuration', 'SQLITE_NOTADB'));
  });

  it('SQLITE_CORRUPT: a file that was cut off', async () => {
    const writer = connect();
    writer.exec('CREATE TABLE a (id); INSERT INTO a VALUES (zeroblob(100000))');
    await truncate(file, 8192);
    const error = thrownBy(() => connect().prepare('SELECT length(id || 1) FROM a').all());
    expect(detector.detect(error)).toEqual({
      kind: 'unavailable',
      retryable: false,
      type: 'SQLITE_CORRUPT',
    });
  });

  it('is judged inside of what TypeORM makes of it', async () => {
    const source = new DataSource({ type: 'better-sqlite3', database: file, driver: Database });
    await source.initialize();
    const error = await rejectionOf(source.query('SELECT * FROM nowhere'));
    expect(detector.detect(error)).toEqual(permanent('validation', 'SQLITE_ERROR'));
    await source.destroy();
  });
});

describe('result codes of SQLite that cannot be provoked here', () => {
  it.each([
    ['SQLITE_BUSY_SNAPSHOT', 'busy', 'transient'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'busy', 'transient'],
    ['SQLITE_PROTOCOL', 'busy', 'transient'],
    ['SQLITE_SCHEMA', 'busy', 'transient'],
    ['SQLITE_NOMEM', 'out-of-memory', 'transient'],
    ['SQLITE_IOERR_FSYNC', 'io', 'unavailable'],
    ['SQLITE_READONLY_DBMOVED', 'read-only', 'unavailable'],
    ['SQLITE_PERM', 'permission', 'unavailable'],
    ['SQLITE_AUTH', 'permission', 'permanent'],
    ['SQLITE_RANGE', 'invalid-statement', 'permanent'],
  ])('resilience rule 12: %s is %s, %s', (code, condition, kind) => {
    expect(meaningOfResultCode(code)).toMatchObject({ condition, classification: { kind } });
  });

  it('resilience rule 12: knows no other code', () => {
    expect(meaningOfResultCode('SQLITE')).toBeUndefined();
    expect(meaningOfResultCode('SQLITE_SOMETHING')).toBeUndefined();
    expect(findSqliteError({ code: 'SQLITE_BUSY' })).toBeUndefined();
  });
});
