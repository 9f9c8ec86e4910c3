import { innermostScope } from './transaction-context.js';
import { TransactionHooks, type TransactionHook } from './transaction-hooks.js';

/**
 * Does something after the outermost transaction has committed: send a mail, publish an event, delete a file. Hooks run
 * in order, awaited, outside of the transaction; one that fails is logged and changes nothing. A hook of a savepoint
 * that was rolled back is dropped. Without an active transaction the hook runs at once.
 * @example
 * await this.orders.save(order);
 * afterCommit(() => this.mails.confirm(order));
 */
export function afterCommit(hook: TransactionHook): void {
  const scope = innermostScope();
  if (scope) {
    scope.hooks.add('commit', hook);
    return;
  }
  const committed = new TransactionHooks();
  committed.add('commit', hook);
  void committed.run('commit');
}

/**
 * Does something after the transaction, or the savepoint, that the code runs in was rolled back; in order, awaited, after
 * the outermost transaction has ended. Without an active transaction there is nothing to roll back and the hook is
 * dropped.
 */
export function afterRollback(hook: TransactionHook): void {
  innermostScope()?.hooks.add('rollback', hook);
}
