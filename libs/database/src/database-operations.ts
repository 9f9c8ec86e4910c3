import type { BoundOperation, ResourceOperations } from 'nestjs-mainstay/resource';
import type { Classification, PipelineOptions } from 'nestjs-mainstay/resilience';
import { detectDatabaseError } from './errors/to-database-error.js';

/**
 * How database operations are protected. SQLite works inside this process: waits are bounded where they happen (for the
 * connection, for other processes), and what fails there has been tried again already.
 */
export const DATABASE_PIPELINE: PipelineOptions = {
  tryTimeoutMs: false,
  totalTimeoutMs: false,
  retry: false,
  rules: [detectDatabaseError],
};

/**
 * The recorded operations of one data source. Each statement is counted once: as `query` when it came through
 * `DatabaseService.query`, otherwise — repositories, query builders, `dataSource.query` — as `statement`. `transaction`
 * counts whole units; their own BEGIN and COMMIT are no statements.
 */
export class DatabaseOperations {
  readonly #operations: ResourceOperations;
  readonly #query: BoundOperation;
  readonly #statement: BoundOperation;
  readonly #transaction: BoundOperation;

  /** @param operations bound with {@link DATABASE_PIPELINE} */
  constructor(operations: ResourceOperations) {
    this.#operations = operations;
    this.#query = operations.bind('query');
    this.#statement = operations.bind('statement');
    this.#transaction = operations.bind('transaction');
  }

  /** Records a call of `DatabaseService.query`. */
  query<R>(sql: string, work: () => Promise<R>, signal?: AbortSignal): Promise<R> {
    return this.#query.run(work, sql, { signal });
  }

  /** Records a statement. The end of a transaction passes an open breaker. */
  statement<R>(sql: string, work: () => Promise<R>): Promise<R> {
    const { breaker } = this.#operations;
    const mustPass = breaker !== undefined && breaker.state !== 'closed' && endsTransaction(sql);
    return mustPass ? work() : this.#statement.run(work, sql);
  }

  /** Records a whole transaction. */
  transaction<R>(work: () => Promise<R>): Promise<R> {
    return this.#transaction.run(work, undefined);
  }

  /** What detection says of an error. */
  classify(error: unknown): Classification {
    return this.#operations.classify(error);
  }
}

function endsTransaction(sql: string): boolean {
  return /^\s*(?:COMMIT|END|ROLLBACK|RELEASE)\b/i.test(sql);
}
