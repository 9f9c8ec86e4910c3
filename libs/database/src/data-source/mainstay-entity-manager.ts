import { EntityManager } from 'typeorm';
import type { TransactionManager } from '../transactions/transaction-manager.js';
import { scopeOfRunner } from '../engine/engine-query-runner.js';
import type { Isolation } from '../transactions/transaction.options.js';

type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * TypeORM's entity manager, whose `transaction()` is seen by injected repositories as well. Without it they would wait
 * for the connection that the transaction holds.
 */
export class MainstayEntityManager extends EntityManager {
  override transaction<T>(work: Work<T>): Promise<T>;
  override transaction<T>(isolation: Isolation, work: Work<T>): Promise<T>;
  override transaction<T>(isolationOrWork: Isolation | Work<T>, maybeWork?: Work<T>): Promise<T> {
    const work = typeof isolationOrWork === 'function' ? isolationOrWork : maybeWork;
    const isolation = typeof isolationOrWork === 'string' ? isolationOrWork : undefined;
    const { queryRunner } = this;
    const { transactions } = this.dataSource as unknown as { transactions: TransactionManager };
    if (!work) return super.transaction(isolation as Isolation, work as unknown as Work<T>);
    const scope = scopeOfRunner(queryRunner);
    if (scope) return transactions.nest(scope, work);
    if (queryRunner)
      return isolation ? super.transaction(isolation, work) : super.transaction(work);
    return transactions.run(work, {
      propagation: 'NESTED',
      ...(isolation === undefined ? {} : { isolation }),
    });
  }
}
