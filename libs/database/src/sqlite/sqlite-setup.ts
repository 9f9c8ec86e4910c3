import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import { MEMORY } from './sqlite-url.js';
import type { SqliteConnection } from './sqlite-connection.js';

/**
 * Sets what a connection works with, and checks that it took effect: write-ahead log (readers and a writer do not stand
 * in each other's way), foreign keys, and no waiting inside SQLite, which would freeze the event loop.
 * @throws DatabaseConfigurationError
 */
export function setSqliteOptions(connection: SqliteConnection, dataSource: string): void {
  connection.pragma('busy_timeout = 0');
  connection.pragma('foreign_keys = ON');
  const path = connection.path;
  const mode = value(connection.pragma('journal_mode = WAL'));
  if (mode !== 'wal' && path !== MEMORY) {
    throw new DatabaseConfigurationError(
      dataSource,
      `the file system of ${path} does not support a write-ahead log (journal mode is ${String(mode)}). Put the file on a local disk.`,
    );
  }
  if (value(connection.pragma('foreign_keys')) !== 1) {
    throw new DatabaseConfigurationError(dataSource, 'the engine does not enforce foreign keys.');
  }
}

/** A row in a table of its own is written, read back and deleted, all rolled back; then something real is committed. */
export function testSqliteOperations(connection: SqliteConnection, dataSource: string): void {
  connection.begin('IMMEDIATE');
  try {
    connection.execute('CREATE TABLE mainstay_sentinel (token TEXT NOT NULL)');
    connection.execute('INSERT INTO mainstay_sentinel (token) VALUES (?)', ['sentinel']);
    const read = value(connection.execute('SELECT token FROM mainstay_sentinel').rows ?? []);
    const { changes } = connection.execute('DELETE FROM mainstay_sentinel');
    if (read !== 'sentinel' || changes !== 1) {
      throw new DatabaseConfigurationError(dataSource, 'a row that was written did not come back.');
    }
  } finally {
    connection.rollback();
  }
  commitNothing(connection);
}

/** Commits a write that changes nothing: the user's version number is set to what it is. It reaches the disk. */
export function commitNothing(connection: SqliteConnection): void {
  connection.atomically('IMMEDIATE', () => {
    const version = Number(value(connection.pragma('user_version')));
    connection.pragma(`user_version = ${version}`);
  });
}

/** The only column of the only row. */
function value(rows: readonly unknown[]): unknown {
  return Object.values((rows[0] ?? {}) as Record<string, unknown>)[0];
}
