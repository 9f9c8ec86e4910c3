import type { EntityManager } from 'typeorm';

/**
 * How a piece of work relates to the transaction that is active where it is called (Spring's meanings):
 *
 * | propagation | in a transaction | without one |
 * |---|---|---|
 * | `REQUIRED` | joins it | begins one |
 * | `REQUIRES_NEW` | begins an independent one, where the engine has a second connection | begins one |
 * | `NESTED` | runs between savepoints: fails alone | begins one |
 * | `MANDATORY` | joins it | throws |
 * | `SUPPORTS` | joins it | runs without |
 * | `NOT_SUPPORTED` | runs outside of it, where the engine has a second connection | runs without |
 * | `NEVER` | throws | runs without |
 */
export type Propagation =
  'REQUIRED' | 'REQUIRES_NEW' | 'NESTED' | 'MANDATORY' | 'SUPPORTS' | 'NOT_SUPPORTED' | 'NEVER';

/** Isolation levels of the SQL standard. SQLite knows `READ UNCOMMITTED` and `SERIALIZABLE`, and always gives the latter. */
export type Isolation = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** How a transaction runs. All but `propagation` concern only one that is begun, not one that is joined. */
export interface TransactionOptions {
  /** @default 'REQUIRED' */
  readonly propagation?: Propagation;
  /** @default the engine's */
  readonly isolation?: Isolation;
  /**
   * `true`: writes fail, and the transaction stands in the way of no writer.
   * @default false
   */
  readonly readOnly?: boolean;
  /** Time for the whole transaction, in milliseconds; then it is rolled back. @default `DATABASE_TRANSACTION_TIMEOUT`, 60 s */
  readonly timeoutMs?: number;
  /** Ends the wait for the connection early, with an `OperationCancelledError`; a transaction that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** The work of a transaction. Injected repositories take part as well as the manager. */
export type TransactionWork<T> = (manager: EntityManager) => Promise<T> | T;

/** What {@link TransactionManager.checkTransaction} tells about the active transaction. */
export interface ActiveTransaction {
  /** Unique in its data source. */
  readonly id: number;
  /** 1 for the outermost, one more for each savepoint. */
  readonly depth: number;
  readonly isReadOnly: boolean;
  /** `true`: a part has failed, everything was rolled back, nothing more is sent. */
  readonly isRolledBack: boolean;
  /** Since when the outermost transaction runs, in milliseconds. */
  readonly runningMs: number;
}
