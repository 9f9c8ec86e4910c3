import { DatabaseUnavailableError } from '../errors/connection.errors.js';
import { retryBusy } from './busy-retry.js';
import { isBusy } from './native-sqlite.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import type { RunnerSession } from '../engine/managed-query-runner.js';
import type { SqliteGate } from './sqlite-gate.js';

/**
 * One user's turns at the connection: for the time of a statement, or from the begin of a transaction to its end. What
 * holds the turn is the transaction of SQLite itself, so that no way to begin or end one is missed.
 */
export class SqliteSession implements RunnerSession {
  readonly #gate: SqliteGate;
  readonly #isPrivileged: boolean;
  #connection: SqliteConnection | undefined;
  #acquiring: Promise<void> | undefined;
  #running = 0;
  #ended: (() => Error) | undefined;

  /** @param isPrivileged `true` for the initialisation, which works before others are let in */
  constructor(gate: SqliteGate, isPrivileged: boolean) {
    this.#gate = gate;
    this.#isPrivileged = isPrivileged;
  }

  /** Whether a transaction of this session is open. */
  get inTransaction(): boolean {
    return this.#connection?.inTransaction ?? false;
  }

  /**
   * Runs synchronous work when it is this session's turn, again while another process holds the database.
   * @throws DatabaseUnavailableError, DatabasePoolTimeoutError
   */
  async run<T>(
    work: (connection: SqliteConnection) => T,
    options: AcquireOptions = {},
  ): Promise<T> {
    this.#throwIfEnded();
    // Who holds the connection may end; others learn at once that the database is away.
    if (!this.#connection) this.#gate.connection(this.#isPrivileged);
    this.#running++;
    try {
      if (this.#connection || this.#tryAcquire()) {
        try {
          // In one turn of the event loop, so that nobody ever waits for a mere statement.
          return work(this.#held());
        } catch (error) {
          if (!isBusy(error)) throw error;
        }
      }
      return await this.#runInTurn(work, options);
    } finally {
      this.#running--;
      this.#settle();
    }
  }

  /** Rolls back what is open and refuses what comes later. */
  abort(reason: () => Error): void {
    this.end(reason);
  }

  /** The connection for synchronous reads of the schema, in turn or not. @throws DatabaseUnavailableError */
  connection(): SqliteConnection {
    this.#throwIfEnded();
    return this.#connection ?? this.#gate.connection(this.#isPrivileged);
  }

  /**
   * Rolls back what is open. The turn ends with it.
   * @returns whether a transaction was open
   */
  rollback(): boolean {
    const wasOpen = this.inTransaction;
    this.#connection?.rollback();
    this.#settle();
    return wasOpen;
  }

  /**
   * Ends the session: an open transaction is rolled back, work that comes later is refused.
   * @returns whether a transaction was open
   */
  end(reason: () => Error): boolean {
    this.#ended = reason;
    return this.rollback();
  }

  async #runInTurn<T>(
    work: (connection: SqliteConnection) => T,
    options: AcquireOptions,
  ): Promise<T> {
    if (!this.#connection) await this.#acquire(options);
    const { clock, acquireTimeoutMs } = this.#gate;
    const timeoutMs = options.timeoutMs ?? acquireTimeoutMs;
    return retryBusy({ clock, timeoutMs, signal: options.signal }, () => work(this.#held()));
  }

  #tryAcquire(): boolean {
    if (this.#acquiring || !this.#gate.tryAcquire()) return false;
    this.#take();
    return true;
  }

  async #acquire(options: AcquireOptions): Promise<void> {
    // Statements that come together share one turn.
    this.#acquiring ??= this.#gate.acquire(options).then(() => this.#take());
    try {
      await this.#acquiring;
    } finally {
      this.#acquiring = undefined;
    }
  }

  #take(): void {
    try {
      this.#connection = this.#gate.connection(this.#isPrivileged);
    } catch (error) {
      this.#gate.release();
      throw error;
    }
  }

  #held(): SqliteConnection {
    this.#throwIfEnded();
    if (!this.#connection?.isOpen) throw new DatabaseUnavailableError(this.#gate.name);
    return this.#connection;
  }

  #throwIfEnded(): void {
    if (this.#ended) throw this.#ended();
  }

  #settle(): void {
    if (!this.#connection || this.#running > 0 || this.inTransaction) return;
    this.#connection = undefined;
    this.#gate.release();
  }
}
