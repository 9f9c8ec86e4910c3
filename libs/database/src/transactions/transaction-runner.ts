import type { Isolation } from './transaction.options.js';

/** How a transaction begins. */
export interface BeginOptions {
  readonly isolation?: Isolation | undefined;
  readonly readOnly: boolean;
  /** Ends the wait for the connection, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The connection of one transaction, as an engine gives it. */
export interface TransactionRunner {
  /** Takes a connection and begins. @throws DatabasePoolTimeoutError, DatabaseUnavailableError */
  begin(options: BeginOptions): Promise<void>;
  /** Runs a statement of the transaction's own (SAVEPOINT and the like); not recorded. */
  control(sql: string): Promise<void>;
  /**
   * Commits; settles with the answer of the engine, whatever subscribers do afterwards.
   * @throws when the transaction is not committed for certain
   */
  commit(): Promise<void>;
  /** Why the engine has given the transaction up although nobody rolled it back; `undefined` while it goes on. */
  readonly failure: { readonly cause: unknown } | undefined;
  /** `true` once COMMIT was sent: from then on only its answer tells how the transaction ended. */
  readonly isCommitSent: boolean;
  /** Settles when subscribers have heard of the end, which may be never. Never rejects. */
  readonly announced: Promise<void>;
  /** Rolls back at once and refuses everything that comes later with `reason`. Does nothing after the end. */
  abort(reason: () => Error): void;
  /** Gives the connection back, clean. */
  release(): Promise<void>;
}
