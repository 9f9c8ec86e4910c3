/** A prepared statement of `libsql` or `better-sqlite3`, as far as it is used. */
export interface NativeStatement {
  /** Whether it gives rows. */
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { changes: number; lastInsertRowid: number };
  /** Whether integers come as bigints; otherwise those beyond 2⁵³ come rounded. */
  safeIntegers(toggle: boolean): unknown;
}

/** A connection of `libsql` or `better-sqlite3`, as far as it is used. Everything is synchronous. */
export interface NativeDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): NativeStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

/** The class that an engine package exports. `timeout` is SQLite's own busy wait, which freezes the event loop. */
export type NativeEngine = new (path: string, options: { timeout: number }) => NativeDatabase;

/** An error in the shape of both engines. */
export class SqliteOpenError extends Error {
  override readonly name = 'SqliteError';
  readonly code = 'SQLITE_CANTOPEN';
}

/** The SQLite result code of an error of either engine (`SQLITE_BUSY`, `SQLITE_CONSTRAINT_UNIQUE`, …). */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** Whether another connection stands in the way, so that the same may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === 'SQLITE_BUSY' || code === 'SQLITE_BUSY_RECOVERY' || code === 'SQLITE_LOCKED';
}
