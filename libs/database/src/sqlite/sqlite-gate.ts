import type { Clock } from 'nestjs-mainstay/common';
import { DatabasePoolTimeoutError, DatabaseUnavailableError } from '../errors/connection.errors.js';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import { FairLock } from '../fair-lock.js';
import type { SqliteConnection } from './sqlite-connection.js';

/** What a {@link SqliteGate} is made of. */
export interface SqliteGateOptions {
  /** Name of the resource, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly acquireTimeoutMs: number;
  /** Gives the connection, if one is open. */
  readonly connection: () => SqliteConnection | undefined;
}

/**
 * The only way to the one connection of a SQLite data source: one holder at a time, in order of arrival, nobody waits
 * longer than its deadline, and nobody waits at all while the database is away.
 */
export class SqliteGate {
  readonly name: string;
  readonly clock: Clock;
  readonly acquireTimeoutMs: number;
  readonly #connection: () => SqliteConnection | undefined;
  readonly #lock: FairLock;
  #isOpen = false;
  #heldSince = 0;

  constructor(options: SqliteGateOptions) {
    this.name = options.name;
    this.clock = options.clock;
    this.acquireTimeoutMs = options.acquireTimeoutMs;
    this.#connection = options.connection;
    this.#lock = new FairLock(options.clock);
  }

  /** How many callers wait for the connection. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /** Since when the connection has been held, in milliseconds; `undefined` when it is free. */
  get heldMs(): number | undefined {
    return this.#lock.isHeld ? this.clock.now() - this.#heldSince : undefined;
  }

  /** Lets callers in. */
  open(): void {
    this.#isOpen = true;
  }

  /** Refuses callers at once from now on, and sends away those that wait. */
  close(): void {
    this.#isOpen = false;
    this.#lock.rejectWaiters(new DatabaseUnavailableError(this.name));
  }

  /**
   * The open connection.
   * @param isPrivileged `true` for the initialisation, which works while the gate is closed to others
   * @throws {@link DatabaseUnavailableError}
   */
  connection(isPrivileged: boolean): SqliteConnection {
    const connection = this.#isOpen || isPrivileged ? this.#connection() : undefined;
    if (!connection?.isOpen) throw new DatabaseUnavailableError(this.name);
    return connection;
  }

  /** Takes the turn if nobody has it. */
  tryAcquire(): boolean {
    const isMine = this.#lock.tryAcquire();
    if (isMine) this.#heldSince = this.clock.now();
    return isMine;
  }

  /**
   * Waits for the turn.
   * @throws {@link DatabasePoolTimeoutError}, or the reason of the signal
   */
  async acquire(options: AcquireOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.acquireTimeoutMs;
    const onTimeout = (): Error =>
      new DatabasePoolTimeoutError(this.name, timeoutMs, this.heldMs ?? 0);
    await this.#lock.acquire({ timeoutMs, signal: options.signal, onTimeout });
    this.#heldSince = this.clock.now();
  }

  /** Waits until nobody holds the connection, at most for the given time. */
  async drain(timeoutMs: number): Promise<void> {
    const onTimeout = (): Error => new DatabaseUnavailableError(this.name);
    try {
      await this.#lock.acquire({ timeoutMs, onTimeout });
      this.#lock.release();
    } catch (error) {
      // The time is over: who still holds the connection will find it closed.
      if (!(error instanceof DatabaseUnavailableError)) throw error;
    }
  }

  /** Gives the turn to the next. */
  release(): void {
    this.#lock.release();
  }
}
