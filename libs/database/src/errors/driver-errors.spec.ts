import { describe, expect, it } from 'vitest';
import { DatabaseConnectionError } from './lost.errors.js';
import { detectDatabaseError, toDatabaseError } from './to-database-error.js';

describe('errors of pg itself, which have no code', () => {
  it.each([
    ['Connection terminated unexpectedly', 'DATABASE_CONNECTION_LOST', 'unavailable', 'unknown'],
    ['Connection terminated', 'DATABASE_CONNECTION_LOST', 'unavailable', 'unknown'],
    ['Query read timeout', 'DATABASE_STATEMENT_TIMEOUT', 'timeout', 'unknown'],
    ['timeout exceeded when trying to connect', 'DATABASE_POOL_TIMEOUT', 'timeout', 'not-sent'],
    [
      'Connection terminated due to connection timeout',
      'DATABASE_CONNECTION',
      'timeout',
      'not-sent',
    ],
    [
      'Client was closed and is not queryable',
      'DATABASE_CONNECTION_LOST',
      'unavailable',
      'not-sent',
    ],
  ])('database rule 15: "%s" is %s', (message, code, kind, outcome) => {
    const error = new Error(message);
    expect(toDatabaseError(error, 'database', 'rolled-back')).toMatchObject({ code, outcome });
    expect(detectDatabaseError(error)).toMatchObject({ kind });
  });

  it('database rule 15: the same words of somebody else are not taken for them', () => {
    class ForeignError extends Error {}
    for (const error of [
      new ForeignError('Query read timeout'),
      new Error('Query read timeout of another kind'),
      Object.assign(new Error('Query read timeout'), { code: 'E_OTHER' }),
    ]) {
      expect(detectDatabaseError(error)).toBeUndefined();
    }
  });
});

it('database rule 14: conflicts between transactions say nothing about the server', () => {
  for (const code of ['40001', '40P01', '55P03']) {
    const error = Object.assign(new Error('conflict'), { code, severity: 'ERROR' });
    expect(detectDatabaseError(error)).toMatchObject({ kind: 'transient', partial: true });
  }
});

it('database rule 15: a host with two addresses that both refuse is one error that says so', () => {
  const refused = ['::1', '127.0.0.1'].map(
    (host) => new Error(`connect ECONNREFUSED ${host}:5432`),
  );
  const cause = Object.assign(new AggregateError(refused), { code: 'ECONNREFUSED' });
  const classification = { kind: 'unavailable', type: 'ECONNREFUSED' } as const;
  const error = new DatabaseConnectionError('database', cause, classification);
  expect(error).toMatchObject({ driverCode: 'ECONNREFUSED', outcome: 'not-sent' });
  expect(error.message).toContain('ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432');
});
