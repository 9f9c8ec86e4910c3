import { MigrationExecutor, type DataSource } from 'typeorm';
import { explainMigrationError } from '../engine/explain-migration-error.js';
import type { PooledQueryRunner } from './pooled-query-runner.js';

/** The advisory lock of migrations; a number that others will not think of. */
const MIGRATIONS_LOCK = 7_305_804_402_566_030_000n;

/**
 * Runs the pending migrations in one transaction, under a lock of the server: of several processes that start together
 * one runs them, the others wait and find nothing to do. Lock and migrations share one connection, so that the lock
 * cannot be lost while they go on.
 * @throws DatabaseConfigurationError when a migration is wrong; DatabaseError when the database fails
 */
export async function runPostgresMigrations(
  dataSource: DataSource & { readonly name: string },
  runner: PooledQueryRunner,
): Promise<void> {
  try {
    await runner.execute('SELECT pg_advisory_lock($1)', [MIGRATIONS_LOCK]);
    await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    await runner.execute('SELECT pg_advisory_unlock($1)', [MIGRATIONS_LOCK]);
  } catch (error) {
    throw explainMigrationError(dataSource.name, error);
  } finally {
    await runner.release();
  }
}
