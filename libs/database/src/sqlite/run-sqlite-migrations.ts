import { MigrationExecutor, type DataSource } from 'typeorm';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import { explainMigrationError } from '../engine/explain-migration-error.js';
import type { SqliteQueryRunner } from './sqlite-query-runner.js';

/**
 * Runs the pending migrations as one exclusive transaction: of several processes that start together one runs them, the
 * others wait and find nothing to do. Foreign keys are off meanwhile, as SQLite's own procedure for changing tables asks.
 * @throws DatabaseConfigurationError when a migration is wrong; DatabaseError when the database fails
 */
export async function runSqliteMigrations(
  dataSource: DataSource & { readonly name: string },
  runner: SqliteQueryRunner,
  options: AcquireOptions,
): Promise<void> {
  try {
    await runner.beginMigrations(options);
    await migrate(dataSource, runner);
  } catch (error) {
    throw explainMigrationError(dataSource.name, error);
  } finally {
    await runner.release();
  }
}

async function migrate(dataSource: DataSource, runner: SqliteQueryRunner): Promise<void> {
  let isDone = false;
  try {
    await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    isDone = true;
  } finally {
    await runner.endMigrations(isDone);
  }
}
