import { describe, expect, it } from 'vitest';
import { readStatement } from './sql-text.js';

describe('readStatement', () => {
  it.each([
    ['SELECT 1', 'read'],
    ['  select * from t', 'read'],
    ['-- a comment; here\nSELECT 1', 'read'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'read'],
    ['WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a', 'write'],
    ["SELECT 'insert into t' AS a", 'read'],
    ['INSERT INTO t VALUES (?) RETURNING id', 'write'],
    ['CREATE TABLE t (a)', 'write'],
    ['BEGIN TRANSACTION', 'control'],
    ['COMMIT', 'control'],
    ['PRAGMA foreign_keys', 'control'],
    ['VACUUM', 'control'],
  ])('%s is a %s statement', (sql, kind) => {
    expect(readStatement(sql).kind).toBe(kind);
  });

  it.each([
    ['SELECT ?', 1],
    ['SELECT ?, ?', 2],
    ['SELECT ?2, ?1, ?2', 2],
    ['SELECT ?3, ?', 4],
    [`SELECT '?', "?", [?], \`?\` /* ? */ -- ?`, 0],
    ['SELECT :name', undefined],
    ["CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = '?'; DELETE FROM t; END", 0],
  ])('%s takes %s parameters', (sql, count) => {
    expect(readStatement(sql).parameterCount).toBe(count);
  });

  it.each(['INSERT INTO t VALUES (1); DELETE FROM t', 'SELECT 1; ?', 'SELECT 1; )'])(
    'refuses several statements in one: %s',
    (sql) => {
      expect(() => readStatement(sql)).toThrow('One call runs one statement');
    },
  );

  it('lets a statement end with a semicolon and a comment', () => {
    expect(readStatement('SELECT 1; -- done').kind).toBe('read');
  });

  it.each(['', '  ', '-- nothing', ';'])('refuses an empty statement: "%s"', (sql) => {
    expect(() => readStatement(sql)).toThrow('empty');
  });
});
