import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseError } from '../errors/database.error.js';
import { toDatabaseError } from '../errors/to-database-error.js';
import type { SqliteFile } from './sqlite-engine.js';
import { MEMORY } from './sqlite-url.js';

/**
 * Opens the file apart and reads its header, so that a wrong file fails here and is not touched.
 * @throws DatabaseError
 */
export async function testSqliteFile(
  { path, Connection }: SqliteFile,
  dataSource: string,
): Promise<void> {
  try {
    if (path !== MEMORY) await mkdir(dirname(path), { recursive: true });
    const connection = new Connection(path);
    try {
      connection.pragma('schema_version');
    } finally {
      connection.close();
    }
  } catch (error) {
    throw asUnavailable(error, dataSource);
  }
}

/** A directory that cannot be made is as little there as a file that cannot be opened. */
function asUnavailable(error: unknown, dataSource: string): unknown {
  const known = toDatabaseError(error, dataSource, 'not-sent');
  if (known instanceof DatabaseError) return known;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new DatabaseError(
    `${dataSource}: the directory of the database cannot be made: ${message}`,
    {
      kind: 'cannot-open',
      classification: { kind: 'unavailable', type: code },
      outcome: 'not-sent',
      dataSource,
      driverCode: code,
      cause: error,
    },
  );
}
