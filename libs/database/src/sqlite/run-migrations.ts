import { MigrationExecutor, type Migration } from 'typeorm';
import { DatabaseError } from '../errors/database.error.js';
import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import { detectDatabaseError, toDatabaseError } from '../errors/to-database-error.js';
import type { MainstayDataSource } from '../data-source/mainstay-data-source.js';
import type { AcquireOptions } from './sqlite-gate.js';
import type { SqliteQueryRunner } from './sqlite-query-runner.js';

/**
 * Runs the pending migrations as one exclusive transaction: of several processes that start together one runs them, the
 * others wait and find nothing to do. Foreign keys are off meanwhile, as SQLite's own procedure for changing tables asks.
 * @throws DatabaseConfigurationError when a migration is wrong; DatabaseError when the database fails
 */
export async function runMigrations(
  dataSource: MainstayDataSource,
  options: AcquireOptions,
): Promise<Migration[]> {
  const runner = dataSource.createTransactionRunner();
  try {
    await runner.beginMigrations(options);
    return await migrate(dataSource, runner);
  } catch (error) {
    throw explain(dataSource.name, error);
  } finally {
    await runner.release();
  }
}

async function migrate(
  dataSource: MainstayDataSource,
  runner: SqliteQueryRunner,
): Promise<Migration[]> {
  let isDone = false;
  try {
    const done = await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    isDone = true;
    return done;
  } finally {
    await runner.endMigrations(isDone);
  }
}

/** What the database or its user did is told apart from a migration that is wrong. */
function explain(name: string, error: unknown): unknown {
  const classification = detectDatabaseError(error);
  if (classification && classification.kind !== 'permanent') {
    return toDatabaseError(error, name, 'rolled-back');
  }
  if (error instanceof DatabaseError) return error;
  const problem = error instanceof Error ? error.message : String(error);
  return new DatabaseConfigurationError(
    name,
    `a migration failed, none was applied: ${problem}`,
    error,
  );
}
