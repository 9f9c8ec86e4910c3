import { describe, expect, it } from 'vitest';
import { controlsTransaction, isCommit, isRollback, mayCommit } from './transaction-words.js';

describe('controlsTransaction', () => {
  it.each([
    'COMMIT',
    ' begin',
    'END;',
    '/* of a tool */ COMMIT',
    '-- of a tool\nROLLBACK',
    '/* a */ /* b * / */\n-- c\nSTART TRANSACTION',
    'SELECT 1; COMMIT',
    "INSERT INTO note VALUES ('a;b'); -- done\n COMMIT; BEGIN",
    'SELECT $$;$$; ROLLBACK',
  ])('sees it in %j', (sql) => {
    expect(controlsTransaction(sql)).toBe(true);
  });

  it.each([
    'SELECT 1',
    'ROLLBACK TO SAVEPOINT a',
    'ROLLBACK WORK TO a',
    '-- COMMIT\nSELECT 1',
    '/* COMMIT */ SELECT 1',
    'COMMITTED',
    "INSERT INTO note VALUES ('; COMMIT')",
    'SELECT 1; -- COMMIT',
    'SELECT 1; SAVEPOINT a; ROLLBACK TO a',
    'CREATE FUNCTION f() RETURNS int AS $f$ BEGIN; COMMIT; END $f$ LANGUAGE plpgsql; SELECT 1',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END',
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END',
  ])('lets %j pass', (sql) => {
    expect(controlsTransaction(sql)).toBe(false);
  });

  it('takes no time on long comments', () => {
    expect(controlsTransaction('/* * */ '.repeat(20_000) + '/*')).toBe(false);
  });
});

it('comments before the word hide neither a COMMIT nor a ROLLBACK', () => {
  expect(isCommit('/* tool */ -- x\n commit')).toBe(true);
  expect(isRollback('/* tool */ ROLLBACK TO a')).toBe(true);
});

it('mayCommit sees a COMMIT among several statements only', () => {
  expect(mayCommit('BEGIN; SELECT 1; COMMIT')).toBe(true);
  expect(mayCommit("INSERT INTO note VALUES ('commit')")).toBe(false);
  expect(mayCommit('SELECT 1; SELECT 2')).toBe(false);
});
