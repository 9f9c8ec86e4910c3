import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { DatabaseError } from './database.error.js';
import { detectDatabaseError, toDatabaseError } from './to-database-error.js';
import { WriteInReadOnlyError } from './write-in-read-only.error.js';

const driverError = (code: string): Error =>
  Object.assign(new Error('as the driver says'), { code });

describe('toDatabaseError', () => {
  it.each([
    ['SQLITE_CONSTRAINT_UNIQUE', 'DATABASE_UNIQUE', 'permanent', false],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 'DATABASE_UNIQUE', 'permanent', false],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 'DATABASE_FOREIGN_KEY', 'permanent', false],
    ['SQLITE_CONSTRAINT_NOTNULL', 'DATABASE_NOT_NULL', 'permanent', false],
    ['SQLITE_CONSTRAINT_CHECK', 'DATABASE_CHECK', 'permanent', false],
    ['SQLITE_CONSTRAINT_TRIGGER', 'DATABASE_CONSTRAINT', 'permanent', false],
    ['SQLITE_BUSY', 'DATABASE_BUSY', 'transient', true],
    ['SQLITE_BUSY_SNAPSHOT', 'DATABASE_BUSY', 'transient', true],
    ['SQLITE_READONLY_DBMOVED', 'DATABASE_READ_ONLY', 'unavailable', false],
    ['SQLITE_FULL', 'DATABASE_DISK_FULL', 'unavailable', false],
    ['SQLITE_IOERR_FSYNC', 'DATABASE_IO', 'unavailable', false],
    ['SQLITE_CORRUPT', 'DATABASE_CORRUPT', 'unavailable', false],
    ['SQLITE_CANTOPEN_ISDIR', 'DATABASE_CANNOT_OPEN', 'unavailable', true],
    ['SQLITE_PERM', 'DATABASE_PERMISSION', 'unavailable', false],
    ['SQLITE_NOMEM', 'DATABASE_OUT_OF_MEMORY', 'transient', true],
    ['SQLITE_NOTADB', 'DATABASE_NOT_A_DATABASE', 'permanent', false],
    ['SQLITE_TOOBIG', 'DATABASE_TOO_BIG', 'permanent', false],
    ['SQLITE_ERROR', 'DATABASE_INVALID_STATEMENT', 'permanent', false],
  ])('database rule 15: %s is %s, %s', (code, expected, kind, retryable) => {
    const raw = driverError(code);
    for (const error of [raw, new QueryFailedError('SELECT ?', ['secret'], raw)]) {
      const found = toDatabaseError(error, 'database', 'rolled-back') as DatabaseError;
      expect(found).toBeInstanceOf(DatabaseError);
      expect(found).toMatchObject({ code: expected, driverCode: code, retryable });
      expect(found.classification).toMatchObject({ kind, type: code });
      expect(detectDatabaseError(error)).toEqual(found.classification);
      expect(found.message).toMatch(/^database: .*as the driver says$/);
    }
  });

  it('database rule 14: tells a transaction that was asked to be read-only from a database that is', () => {
    const raw = new WriteInReadOnlyError('SQLITE_READONLY', driverError('SQLITE_READONLY'));
    for (const error of [raw, new QueryFailedError('DELETE', [], raw)]) {
      expect(toDatabaseError(error, 'database', 'rolled-back')).toMatchObject({
        code: 'DATABASE_READ_ONLY_TRANSACTION',
        message: expect.stringContaining('the transaction is readOnly') as unknown,
      });
      expect(detectDatabaseError(error)).toEqual({
        kind: 'permanent',
        reason: 'validation',
        type: 'READ_ONLY_TRANSACTION',
      });
    }
    expect(toDatabaseError(driverError('SQLITE_READONLY'), 'database', 'unknown')).toMatchObject({
      code: 'DATABASE_READ_ONLY',
      classification: { kind: 'unavailable' },
    });
  });

  it('what was refused because the database is busy was not sent', () => {
    expect(toDatabaseError(driverError('SQLITE_BUSY'), 'database', 'unknown')).toMatchObject({
      outcome: 'not-sent',
    });
  });

  it('leaves alone what is not of the database, and what is translated already', () => {
    const foreign = new TypeError('x is not a function');
    expect(toDatabaseError(foreign, 'database', 'unknown')).toBe(foreign);
    const own = toDatabaseError(driverError('SQLITE_FULL'), 'database', 'rolled-back');
    expect(toDatabaseError(own, 'other', 'unknown')).toBe(own);
    expect(detectDatabaseError(foreign)).toBeUndefined();
    expect(detectDatabaseError('text')).toBeUndefined();
    expect(detectDatabaseError(driverError('ECONNREFUSED'))).toBeUndefined();
  });
});
