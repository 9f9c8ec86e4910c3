import type { QueryResult, QueryRunner } from 'typeorm';
import type { ScopeEntry } from '../transactions/scope-entry.js';
import type { TransactionRunner } from '../transactions/transaction-runner.js';
import type { TransactionScope } from '../transactions/transaction-scope.js';

/** What bounds one statement, and the wait for its connection. */
export interface AcquireOptions {
  /** Time for the statement, and for the wait before it, in milliseconds. @default the data source's */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
}

/** How one statement is sent. */
export interface StatementOptions extends AcquireOptions {
  /** What the scope took it on with, in a managed transaction. */
  readonly entry?: ScopeEntry | undefined;
}

/** TypeORM's query runner as an engine gives it: it can also carry a managed transaction. */
export interface EngineQueryRunner extends QueryRunner, TransactionRunner {
  /**
   * Runs a statement without recording it.
   * @throws QueryFailedError, DatabaseUnavailableError, DatabasePoolTimeoutError
   */
  execute(sql: string, parameters?: unknown, options?: StatementOptions): Promise<QueryResult>;
  release(): Promise<void>;
}

/** A query runner inside a managed transaction. */
export interface ScopedQueryRunner extends EngineQueryRunner {
  readonly scope: TransactionScope;
}

/** The transaction that a query runner is part of; `undefined` for one that has a connection of its own. */
export function scopeOfRunner(runner: QueryRunner | undefined): TransactionScope | undefined {
  return (runner as Partial<ScopedQueryRunner> | undefined)?.scope;
}
