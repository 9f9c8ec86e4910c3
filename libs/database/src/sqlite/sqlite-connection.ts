import { WriteInReadOnlyError } from '../errors/write-in-read-only.error.js';
import { bindParameters } from './bind-parameters.js';
import { mayBeRounded, readRows } from './exact-rows.js';
import {
  SqliteOpenError,
  sqliteCode,
  type NativeDatabase,
  type NativeEngine,
  type NativeStatement,
} from './native-sqlite.js';
import { readStatement, type StatementText } from './sql-text.js';

/** Prepared statements that are kept for reuse. */
const MAX_STATEMENTS = 256;

/** What a statement gave. */
export interface SqliteResult {
  /** The rows; `undefined` for a statement that gives none. */
  readonly rows: unknown[] | undefined;
  readonly changes: number;
  /** A number, or the digits of one that a JavaScript number does not hold. */
  readonly lastInsertRowid: number | string;
}

interface PreparedStatement extends StatementText {
  readonly native: NativeStatement | undefined;
}

type RunnableStatement = PreparedStatement & { readonly native: NativeStatement };

const NOTHING: SqliteResult = { rows: undefined, changes: 0, lastInsertRowid: 0 };

/**
 * One connection to a SQLite database, over either engine package. It evens out where they differ, and keeps libsql from
 * what it cannot do safely: a statement that ends with SQLITE_BUSY stays open there and spoils every later COMMIT. So a
 * write outside of a transaction gets one of its own, begun by `exec`, which leaves nothing open; a transaction takes
 * the write lock when it begins, so that no statement inside it can be refused.
 */
export class SqliteConnection {
  readonly path: string;
  readonly #native: NativeDatabase;
  readonly #statements = new Map<string, PreparedStatement>();
  #isReadOnly = false;

  /** @throws an error with the code `SQLITE_CANTOPEN` */
  constructor(engine: NativeEngine, path: string) {
    this.path = path;
    try {
      this.#native = new engine(path, { timeout: 0 });
    } catch (error) {
      if (sqliteCode(error) !== undefined) throw error;
      // libsql: no code, the result code only at the end of a message.
      throw new SqliteOpenError(`Unable to open the database file ${path}.`, { cause: error });
    }
  }

  get isOpen(): boolean {
    return this.#native.open;
  }

  get inTransaction(): boolean {
    return this.#native.open && this.#native.inTransaction;
  }

  /** Runs one statement. A write outside of a transaction is one of its own. */
  execute(sql: string, parameters: readonly unknown[] = []): SqliteResult {
    const statement = this.#prepare(sql);
    if (!isRunnable(statement)) return this.#control(statement, sql);
    const { parameterCount } = statement;
    if (parameterCount !== undefined && parameterCount !== parameters.length) {
      throw new RangeError(
        `The statement takes ${parameterCount} parameters, ${parameters.length} were given.`,
      );
    }
    const values = bindParameters(parameters);
    if (statement.kind === 'write' && !this.#native.inTransaction) {
      return this.atomically('IMMEDIATE', () => this.#run(sql, statement, values));
    }
    return this.#run(sql, statement, values);
  }

  /** Begins a transaction; `IMMEDIATE` takes the write lock, `EXCLUSIVE` keeps readers out as well. */
  begin(mode: 'IMMEDIATE' | 'EXCLUSIVE'): void {
    this.#native.exec(`BEGIN ${mode}`);
  }

  /** Begins a transaction that takes no lock and in which every write fails. */
  beginReadOnly(): void {
    this.#native.exec('BEGIN DEFERRED');
    this.#native.exec('PRAGMA query_only = ON');
    this.#isReadOnly = true;
  }

  /** Begins an exclusive transaction with foreign keys off; the pragma does nothing inside one. */
  beginMigrations(): void {
    this.#native.exec('PRAGMA foreign_keys = OFF');
    try {
      this.begin('EXCLUSIVE');
    } catch (error) {
      this.#native.exec('PRAGMA foreign_keys = ON');
      throw error;
    }
  }

  /** Commits what {@link beginMigrations} began, or rolls it back, and switches foreign keys on again. */
  endMigrations(isDone: boolean): void {
    try {
      if (isDone) this.#native.exec('COMMIT');
    } finally {
      this.rollback();
      this.#native.exec('PRAGMA foreign_keys = ON');
    }
  }

  /** Ends the transaction without its effects; does nothing when SQLite has ended it itself. */
  rollback(): void {
    if (this.inTransaction) this.#native.exec('ROLLBACK');
    this.#leaveReadOnly();
  }

  /** Runs synchronous work as one transaction. */
  atomically<T>(mode: 'IMMEDIATE' | 'EXCLUSIVE', work: () => T): T {
    this.begin(mode);
    try {
      const result = work();
      this.#native.exec('COMMIT');
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Sets or reads a pragma, in the form in which TypeORM asks for it. */
  pragma(source: string): unknown[] {
    return this.execute(`PRAGMA ${source}`).rows ?? [];
  }

  /** Closes the connection; an open transaction is rolled back. */
  close(): void {
    if (!this.#native.open) return;
    this.rollback();
    this.#statements.clear();
    this.#native.close();
  }

  #run(sql: string, { native, kind }: RunnableStatement, values: readonly unknown[]): SqliteResult {
    try {
      if (native.reader) return { ...NOTHING, rows: readRows(native, values, kind !== 'write') };
      const { changes, lastInsertRowid: id } = native.run(values);
      return { rows: undefined, changes, lastInsertRowid: mayBeRounded(id) ? this.#lastId() : id };
    } catch (error) {
      // What failed may have been left open; without a reference to it the engine finalises it.
      this.#statements.delete(sql);
      throw this.#explain(error);
    }
  }

  #lastId(): string {
    const [row] = readRows(this.#native.prepare('SELECT last_insert_rowid() AS id'), [], true);
    return String((row as { id: unknown }).id);
  }

  #control({ keyword }: PreparedStatement, sql: string): SqliteResult {
    try {
      if (keyword === 'BEGIN' && !/\bEXCLUSIVE\b/i.test(sql)) this.begin('IMMEDIATE');
      else this.#native.exec(sql);
    } catch (error) {
      throw this.#explain(error);
    }
    if (!this.#native.inTransaction) this.#leaveReadOnly();
    return NOTHING;
  }

  /** The engine gives one code for a file that cannot be written and for a transaction that must not write. */
  #explain(error: unknown): unknown {
    const isRefusal = this.#isReadOnly && sqliteCode(error) === 'SQLITE_READONLY';
    return isRefusal ? new WriteInReadOnlyError('SQLITE_READONLY', error) : error;
  }

  #leaveReadOnly(): void {
    if (!this.#isReadOnly) return;
    this.#native.exec('PRAGMA query_only = OFF');
    this.#isReadOnly = false;
  }

  #prepare(sql: string): PreparedStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const text = readStatement(sql);
    const isExecuted = text.kind === 'control' && text.keyword !== 'PRAGMA';
    const native = isExecuted ? undefined : this.#native.prepare(sql);
    const isSetting = text.keyword === 'PRAGMA' && native?.reader === false;
    const statement = { ...text, native: isSetting ? undefined : native };
    this.#statements.set(sql, statement);
    if (this.#statements.size > MAX_STATEMENTS) {
      this.#statements.delete(this.#statements.keys().next().value as string);
    }
    return statement;
  }
}

function isRunnable(statement: PreparedStatement): statement is RunnableStatement {
  return statement.native !== undefined;
}
