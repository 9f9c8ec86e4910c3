import type { BoundOperation, ResourceOperations } from 'nestjs-mainstay/resource';
import type { CircuitBreaker, Classification, PipelineOptions } from 'nestjs-mainstay/resilience';
import { endsTransaction } from './engine/transaction-words.js';
import { detectDatabaseError } from './errors/to-database-error.js';

/**
 * How database operations are protected. SQLite works inside this process, PostgreSQL behind a pool: waits are bounded
 * where they happen (for a connection, for other processes), and what fails there has been tried again already.
 */
export const DATABASE_PIPELINE: PipelineOptions = {
  tryTimeoutMs: false,
  totalTimeoutMs: false,
  retry: false,
  limiter: false,
  rules: [detectDatabaseError],
};

/** Whatever a statement does, the server has to read for it; whether it wrote is not known without parsing it. */
const READS = { proves: 'read' } as const;

/**
 * Where a statement stands: by itself, in a transaction that a query runner began by hand, or in one that is recorded
 * as a whole.
 */
export type StatementPlace = 'alone' | 'runner-transaction' | 'managed-transaction';

/**
 * The recorded operations of one data source. Each statement is counted once: as `query` when it came through
 * `DatabaseService.query`, otherwise — repositories, query builders, `dataSource.query` — as `statement`. `transaction`
 * counts whole units; their own BEGIN and COMMIT are no statements. A transaction asks the breaker when it begins, once
 * for all its statements: none of them is refused because the breaker opens, or gives few permits, in the meantime.
 */
export class DatabaseOperations {
  readonly #operations: ResourceOperations;
  readonly #query: Placed;
  readonly #statement: Placed;
  readonly #transaction: BoundOperation;

  /** @param operations bound with {@link DATABASE_PIPELINE} */
  constructor(operations: ResourceOperations) {
    this.#operations = operations;
    this.#query = bindPlaced(operations, 'query');
    this.#statement = bindPlaced(operations, 'statement');
    // One that only reads commits, too, where nothing can be written.
    this.#transaction = operations.bind('transaction', READS);
  }

  /** The breaker of the data source; `undefined` where it is switched off. */
  get breaker(): CircuitBreaker | undefined {
    return this.#operations.breaker;
  }

  /** Records a call of `DatabaseService.query`. */
  query<R>(
    sql: string,
    work: () => Promise<R>,
    place: StatementPlace,
    signal?: AbortSignal,
  ): Promise<R> {
    return this.#place(this.#query, sql, place).run(work, sql, { signal });
  }

  /** Records a statement. */
  statement<R>(sql: string, work: () => Promise<R>, place: StatementPlace): Promise<R> {
    return this.#place(this.#statement, sql, place).run(work, sql);
  }

  /** Records a whole transaction. */
  transaction<R>(work: () => Promise<R>): Promise<R> {
    return this.#transaction.run(work, undefined);
  }

  /** What detection says of an error. */
  classify(error: unknown): Classification {
    return this.#operations.classify(error);
  }

  #place(operation: Placed, sql: string, place: StatementPlace): BoundOperation {
    if (place === 'managed-transaction') return operation.part;
    // Nobody speaks for a transaction that was begun by hand: its statements count, but they are not refused.
    const isRunning = place === 'runner-transaction' || endsTransaction(sql);
    const { breaker } = this.#operations;
    return isRunning && breaker && breaker.state !== 'closed' ? operation.part : operation.alone;
  }
}

/** One operation, by itself and as a part of a transaction. */
interface Placed {
  readonly alone: BoundOperation;
  readonly part: BoundOperation;
}

function bindPlaced(operations: ResourceOperations, name: string): Placed {
  return {
    alone: operations.bind(name, READS),
    part: operations.bind(name, { ...READS, breaker: false }),
  };
}
