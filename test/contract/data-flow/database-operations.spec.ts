import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { DatabaseModule, DatabaseService, TransactionManager } from 'nestjs-mainstay/database';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/**
 * App → DB: query; DB → Status: recordAttempt; in a transaction DB → Trans: checkTransaction; then recordSuccess |
 * recordFailure, and in a transaction DB → Trans: rollback
 */
describe('Database Operations', () => {
  const recorded = new RecordedCalls();
  let module: TestingModule;
  let database: DatabaseService;
  let transactions: TransactionManager;

  beforeEach(async () => {
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    }
    module = await Test.createTestingModule({
      imports: [
        recorded.asModule(),
        DatabaseModule.forRoot({ config: { url: 'sqlite::memory:' } }),
      ],
    }).compile();
    database = module.get(DatabaseService);
    transactions = module.get(TransactionManager);
    await database.query(
      'CREATE TABLE account (id INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE)',
    );
    recorded.clear();
  });
  afterEach(async () => {
    await module.close();
    vi.restoreAllMocks();
  });

  const insert = (owner: string) =>
    database.query('INSERT INTO account (owner) VALUES (?)', [owner]);
  const owners = () => database.query('SELECT owner FROM account ORDER BY id');
  /** Without the tries, which the sequence of the document does not have. */
  const calls = () => recorded.calls.filter((call) => !call.includes(' try '));

  it('query, Success: the result', async () => {
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(calls()).toEqual(['database.query attempt', 'database.query success']);
  });

  it('query, Failure: the error', async () => {
    await expect(database.query('SELECT * FROM nothing')).rejects.toMatchObject({
      name: expect.stringMatching(/^Database/),
    });
    expect(calls()).toEqual([
      'database.query attempt',
      'database.query outcome no-recovery-possible after 1',
      expect.stringMatching(/^database\.query failure /),
    ]);
  });

  it('In Transaction: the active transaction is checked; without one there is none', async () => {
    const check = vi.spyOn(transactions, 'checkTransaction');
    await database.query('SELECT 1');
    expect(check).toHaveLastReturnedWith(undefined);
    await database.transaction(async () => {
      await database.query('SELECT 1');
      expect(check).toHaveLastReturnedWith(
        expect.objectContaining({ depth: 1, isRolledBack: false }),
      );
    });
    expect(transactions.checkTransaction()).toBeUndefined();
  });

  it('In Transaction, Success: committed', async () => {
    await database.transaction(async () => {
      await insert('Ada');
      await insert('Bob');
    });
    expect(calls()).toEqual([
      'database.transaction attempt',
      'database.query attempt',
      'database.query success',
      'database.query attempt',
      'database.query success',
      'database.transaction success',
    ]);
    expect(await owners()).toEqual([{ owner: 'Ada' }, { owner: 'Bob' }]);
  });

  it('In Transaction, Failure: rolled back', async () => {
    const rollback = vi.spyOn(transactions, 'rollback');
    const failing = database.transaction(async () => {
      await insert('Ada');
      await insert('Ada');
    });
    await expect(failing).rejects.toMatchObject({ name: expect.stringMatching(/^Database/) });
    expect(rollback).toHaveBeenCalledTimes(1);
    expect(calls()).toEqual([
      'database.transaction attempt',
      'database.query attempt',
      'database.query success',
      'database.query attempt',
      'database.query outcome no-recovery-possible after 1',
      expect.stringMatching(/^database\.query failure /),
      'database.transaction outcome no-recovery-possible after 1',
      expect.stringMatching(/^database\.transaction failure /),
    ]);
    expect(await owners()).toEqual([]);
  });

  it('In Transaction, Failure that the work swallows: rolled back all the same, and never a success', async () => {
    const failing = database.transaction(async () => {
      await insert('Ada');
      await insert('Ada').catch(() => undefined);
    });
    await expect(failing).rejects.toMatchObject({ name: 'UnexpectedRollbackError' });
    expect(calls().at(-1)).toMatch(/^database\.transaction failure /);
    expect(await owners()).toEqual([]);
  });
});
