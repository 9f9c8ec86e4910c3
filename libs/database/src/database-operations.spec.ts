import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { DATABASE_PIPELINE, DatabaseOperations } from './database-operations.js';

describe('DatabaseOperations', () => {
  it('database rule 14: an open breaker refuses statements, but lets transactions end', async () => {
    const bound = new Operations(new FakeClock()).of({ name: 'database' }, DATABASE_PIPELINE);
    const operations = new DatabaseOperations(bound);
    const broken = Object.assign(new Error('broken'), { code: 'SQLITE_IOERR' });
    for (let call = 0; call < 10; call++) {
      await operations
        .statement('INSERT', () => Promise.reject(broken), 'alone')
        .catch(() => undefined);
    }
    expect(bound.breaker?.state).toBe('open');
    const run = (sql: string): Promise<string> =>
      operations.statement(sql, async () => 'ran', 'alone');
    await expect(run('SELECT 1')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    for (const sql of ['COMMIT', 'ROLLBACK', 'RELEASE SAVEPOINT a']) {
      await expect(run(sql)).resolves.toBe('ran');
    }
  });

  it('database rule 14: mistakes of the caller do not open the breaker', async () => {
    const bound = new Operations(new FakeClock()).of({ name: 'database' }, DATABASE_PIPELINE);
    const operations = new DatabaseOperations(bound);
    const duplicate = Object.assign(new Error('UNIQUE'), { code: 'SQLITE_CONSTRAINT_UNIQUE' });
    for (let call = 0; call < 50; call++) {
      await operations
        .query('INSERT', () => Promise.reject(duplicate), 'alone')
        .catch(() => undefined);
    }
    expect(bound.breaker?.state).toBe('closed');
  });
});
