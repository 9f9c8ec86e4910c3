import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WriteInReadOnlyError } from '../errors/write-in-read-only.error.js';
import { loadSqliteEngine } from './sqlite-driver.js';
import { SqliteConnection } from './sqlite-connection.js';
import { isBusy } from './native-sqlite.js';

const engine = await loadSqliteEngine();

describe('SqliteConnection', () => {
  let folder: string;
  let connection: SqliteConnection;
  let other: SqliteConnection;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-sqlite-'));
    connection = new SqliteConnection(engine, join(folder, 'a.sqlite'));
    connection.pragma('journal_mode = WAL');
    connection.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)');
    other = new SqliteConnection(engine, join(folder, 'a.sqlite'));
  });

  afterEach(() => {
    connection.close();
    other.close();
    rmSync(folder, { recursive: true });
  });

  const values = (): unknown[] =>
    (connection.execute('SELECT a FROM t ORDER BY id').rows as { a: unknown }[]).map(({ a }) => a);
  const insert = (value: unknown): void =>
    void connection.execute('INSERT INTO t (a) VALUES (?)', [value]);
  const busy = (work: () => unknown): boolean => {
    try {
      work();
      return false;
    } catch (error) {
      return isBusy(error);
    }
  };

  it.each([['text'], [1.5], [null], [Buffer.from([1, 2])], [Buffer.alloc(0)]])(
    'gives back what it was given, also as the only parameter: %s',
    (value) => {
      insert(value);
      expect(values()).toEqual([value]);
    },
  );

  it('gives rows of a statement that writes and returns', () => {
    const sql = 'INSERT INTO t (a) VALUES (?) RETURNING id, a';
    expect(connection.execute(sql, ['x']).rows).toEqual([{ id: 1, a: 'x' }]);
  });

  it.each([[[]], [['a', 'b']]])('refuses a wrong number of parameters', (parameters) => {
    expect(() => connection.execute('INSERT INTO t (a) VALUES (?)', parameters)).toThrow(
      `takes 1 parameters, ${parameters.length} were given`,
    );
    expect(values()).toEqual([]);
  });

  it('sees changes of the schema with statements that it has prepared before', () => {
    insert('x');
    const all = (): unknown => connection.execute('SELECT * FROM t').rows;
    expect(all()).toEqual([{ id: 1, a: 'x' }]);
    other.execute("ALTER TABLE t ADD COLUMN b DEFAULT 'new'");
    expect(all()).toEqual([{ id: 1, a: 'x', b: 'new' }]);
  });

  it('takes back a write that fails', () => {
    expect(() => connection.execute("INSERT INTO t (a) VALUES ('x'), ('x')")).toThrow('UNIQUE');
    expect(connection.inTransaction).toBe(false);
    expect(values()).toEqual([]);
  });

  it('goes on after another connection was in the way: no later commit is spoiled', () => {
    other.begin('IMMEDIATE');
    other.execute("INSERT INTO t (a) VALUES ('theirs')");
    for (let tries = 0; tries < 3; tries++) expect(busy(() => insert('mine'))).toBe(true);
    expect(busy(() => connection.begin('IMMEDIATE'))).toBe(true);
    other.execute('COMMIT');
    connection.begin('IMMEDIATE');
    insert('mine');
    connection.execute('COMMIT');
    expect(values()).toEqual(['theirs', 'mine']);
  });

  it('takes the write lock when a transaction begins, so that a statement in it cannot be refused', () => {
    connection.execute('BEGIN TRANSACTION');
    values();
    expect(busy(() => other.execute("INSERT INTO t (a) VALUES ('theirs')"))).toBe(true);
    insert('mine');
    connection.execute('COMMIT');
    expect(values()).toEqual(['mine']);
  });

  it('writes nothing in a transaction that only reads, and stands in no way', () => {
    connection.beginReadOnly();
    expect(() => insert('x')).toThrow(WriteInReadOnlyError);
    other.execute("INSERT INTO t (a) VALUES ('theirs')");
    connection.execute('COMMIT');
    insert('mine');
    expect(values()).toEqual(['theirs', 'mine']);
    connection.beginReadOnly();
    connection.rollback();
    insert('again');
  });

  describe('integers beyond 2⁵³', () => {
    const LARGE = '9007199254740993';

    beforeEach(() => {
      connection.execute('CREATE TABLE n (id INTEGER PRIMARY KEY, i BIGINT, r REAL, b BLOB)');
    });

    it.each([
      ['a bigint', 9007199254740993n, LARGE],
      ['digits', LARGE, LARGE],
      ['the smallest', -(2n ** 63n), '-9223372036854775808'],
      ['the largest', 2n ** 63n - 1n, '9223372036854775807'],
      ['the largest safe one', BigInt(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
      ['a small bigint', 7n, 7],
    ])('come back as they were written, as digits where they must: %s', (_what, written, read) => {
      const sql = 'INSERT INTO n (i, r, b) VALUES (?, ?, ?) RETURNING i, r';
      const row = { i: read, r: 1e300 };
      expect(connection.execute(sql, [written, 1e300, Buffer.from('x')]).rows).toEqual([row]);
      expect(connection.execute('SELECT i, r, b FROM n').rows).toEqual([
        { ...row, b: Buffer.from('x') },
      ]);
      expect(connection.execute('SELECT max(i) AS i FROM n').rows).toEqual([{ i: read }]);
    });

    it('the statement gives numbers again when there are none', () => {
      const select = (): unknown => connection.execute('SELECT id, i FROM n').rows;
      connection.execute('INSERT INTO n (i) VALUES (?)', [LARGE]);
      expect(select()).toEqual([{ id: 1, i: LARGE }]);
      connection.execute('UPDATE n SET i = 5');
      expect(select()).toEqual([{ id: 1, i: 5 }]);
    });

    it('the id of a new row likewise', () => {
      const sql = 'INSERT INTO n (id) VALUES (?)';
      expect(connection.execute(sql, [7]).lastInsertRowid).toBe(7);
      expect(connection.execute(sql, [LARGE]).lastInsertRowid).toBe(LARGE);
    });

    it('a statement that writes is run once', () => {
      const sql = 'INSERT INTO n (i) VALUES (?) RETURNING i';
      connection.execute(sql, [LARGE]);
      expect(connection.execute('SELECT count(*) AS n FROM n').rows).toEqual([{ n: 1 }]);
    });
  });

  it('has foreign keys on again after migrations, however they ended', () => {
    connection.pragma('foreign_keys = ON');
    for (const isDone of [true, false]) {
      connection.beginMigrations();
      expect(connection.pragma('foreign_keys')).toEqual([{ foreign_keys: 0 }]);
      insert(`migrated ${isDone}`);
      connection.endMigrations(isDone);
      expect(connection.pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    }
    other.begin('IMMEDIATE');
    expect(busy(() => connection.beginMigrations())).toBe(true);
    other.rollback();
    expect(connection.pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    expect(values()).toEqual(['migrated true']);
  });

  it('says with a code that a file cannot be opened', () => {
    const open = (): unknown => new SqliteConnection(engine, join(folder, 'no', 'such.sqlite'));
    expect(open).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CANTOPEN/) }),
    );
  });

  it('keeps a bounded number of prepared statements', () => {
    for (let index = 0; index < 600; index++) connection.execute(`SELECT ${index} AS v`);
    expect(connection.execute('SELECT 0 AS v').rows).toEqual([{ v: 0 }]);
  });
});
