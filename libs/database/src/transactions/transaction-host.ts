import type { Clock } from 'nestjs-mainstay/common';
import type { EntityManager } from 'typeorm';
import type { DatabaseOperations } from '../database-operations.js';
import type { TransactionRunner } from './transaction-runner.js';
import type { TransactionScope } from './transaction-scope.js';

/** What a {@link TransactionManager} needs of its data source. */
export interface TransactionHost {
  /** Name of the resource. */
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly transactionTimeoutMs: number;
  /** How long a statement of a transaction waits for those before it. */
  readonly turnTimeoutMs: number;
  /** Whether work beside a transaction finds a connection while the transaction runs. */
  readonly hasManyConnections: boolean;
  /** Works outside of any transaction. */
  readonly manager: EntityManager;
  /** A connection for a transaction that will begin. */
  createTransactionRunner(): TransactionRunner;
  /** A manager that works inside a scope. */
  createScopedManager(scope: TransactionScope): EntityManager;
}
