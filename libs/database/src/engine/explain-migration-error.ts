import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import { DatabaseError } from '../errors/database.error.js';
import { detectDatabaseError, toDatabaseError } from '../errors/to-database-error.js';

/** What the database or its user did is told apart from a migration that is wrong, which ends the boot. */
export function explainMigrationError(dataSource: string, error: unknown): unknown {
  const classification = detectDatabaseError(error);
  if (classification && classification.kind !== 'permanent') {
    return toDatabaseError(error, dataSource, 'rolled-back');
  }
  if (error instanceof DatabaseError) return error;
  const problem = error instanceof Error ? error.message : String(error);
  const text = `a migration failed, none was applied: ${problem}`;
  return new DatabaseConfigurationError(dataSource, text, error);
}
