import { redactError } from 'nestjs-mainstay/common';
import { GuardedLogger, OperationCancelledError } from 'nestjs-mainstay/resilience';
import { isDatabaseError } from '../errors/database.error.js';
import { detectDatabaseError, toDatabaseError } from '../errors/to-database-error.js';
import { TransactionTimeoutError, UnexpectedRollbackError } from '../errors/transaction.errors.js';
import { AfterEnd } from './after-end.js';
import { runInScope } from './transaction-context.js';
import type { TransactionOutcome } from './transaction-hooks.js';
import type { TransactionHost } from './transaction-host.js';
import type { TransactionRunner } from './transaction-runner.js';
import { TransactionScope } from './transaction-scope.js';
import type { TransactionOptions, TransactionWork } from './transaction.options.js';

/** How the work of a unit ended, where the database did what it was asked. */
type Settled<T> = { readonly value: T } | { readonly thrown: unknown };

/** One outermost transaction, from its begin to its hooks. Once the engine has committed it, nothing turns its outcome. */
export class TransactionUnit<T> {
  readonly #logger = new GuardedLogger('TransactionManager');
  readonly #host: TransactionHost;
  readonly #id: number;
  readonly #options: TransactionOptions;
  #scope: TransactionScope | undefined;
  #committed: { readonly value: T } | undefined;
  #isUnknown = false;

  constructor(host: TransactionHost, id: number, options: TransactionOptions) {
    this.#host = host;
    this.#id = id;
    this.#options = options;
  }

  /** Runs the work as one recorded transaction, then its hooks. */
  async run(work: TransactionWork<T>): Promise<T> {
    try {
      const settled = await this.#record(work);
      if ('thrown' in settled) throw settled.thrown;
      return settled.value;
    } finally {
      await this.#finish();
    }
  }

  /** An interceptor around a transaction that is committed cannot make it look failed. */
  async #record(work: TransactionWork<T>): Promise<Settled<T>> {
    try {
      const settled = await this.#host.operations.transaction(() => this.#execute(work));
      return this.#committed ?? settled;
    } catch (error) {
      if (!this.#committed) throw error;
      this.#report('What followed the commit of a transaction', error);
      return this.#committed;
    }
  }

  async #execute(work: TransactionWork<T>): Promise<Settled<T>> {
    const runner = this.#host.createTransactionRunner();
    try {
      await this.#begin(runner);
      const scope = this.#openScope(runner);
      return await this.#withDeadline(scope, () => this.#workAndCommit(scope, work));
    } finally {
      if (!this.#committed) await runner.release();
    }
  }

  async #begin(runner: TransactionRunner): Promise<void> {
    const { isolation, readOnly = false, signal } = this.#options;
    try {
      await runner.begin({ isolation, readOnly, signal });
    } catch (error) {
      if (signal?.aborted) {
        throw new OperationCancelledError(this.#host.name, 'transaction', 'caller', signal.reason);
      }
      throw toDatabaseError(error, this.#host.name, 'not-sent');
    }
  }

  #openScope(runner: TransactionRunner): TransactionScope {
    const { name, clock, turnTimeoutMs } = this.#host;
    this.#scope = new TransactionScope({
      id: this.#id,
      dataSource: name,
      runner,
      clock,
      startedAt: clock.now(),
      isReadOnly: this.#options.readOnly ?? false,
      waitMs: turnTimeoutMs,
    });
    return this.#scope;
  }

  async #workAndCommit(scope: TransactionScope, work: TransactionWork<T>): Promise<Settled<T>> {
    let value: T;
    try {
      const manager = this.#host.createScopedManager(scope);
      value = await runInScope(this.#host, scope, async () => work(manager));
    } catch (error) {
      await scope.rollback(error);
      // A rollback that the work asked for by an error of its own is no failure of the database.
      if (isDatabaseFailure(error)) throw error;
      return { thrown: error };
    }
    await this.#commit(scope);
    this.#committed = { value };
    return this.#committed;
  }

  async #commit(scope: TransactionScope): Promise<void> {
    const { name, operations } = this.#host;
    let failure: { readonly cause: unknown } | undefined;
    try {
      failure = await scope.commit();
    } catch (error) {
      this.#isUnknown = isDatabaseError(error) && error.outcome === 'unknown';
      throw toDatabaseError(error, name, 'rolled-back');
    }
    if (!failure) return;
    throw new UnexpectedRollbackError(name, failure.cause, operations.classify(failure.cause));
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? this.#host.transactionTimeoutMs;
  }

  /**
   * Settles at the deadline, unless the COMMIT is on its way: its answer is waited for, with the engine's own deadline.
   * What the work does afterwards reaches no database.
   */
  #withDeadline<R>(scope: TransactionScope, run: () => Promise<R>): Promise<R> {
    const { name, clock } = this.#host;
    const timeoutMs = this.#timeoutMs;
    return new Promise<R>((resolve, reject) => {
      let expired: Error | undefined;
      const expire = (): void => {
        if (scope.facts.runner.isCommitSent) return;
        expired = new TransactionTimeoutError(name, timeoutMs);
        void scope.rollback(expired).then(() => reject(expired), reject);
      };
      const timer = clock.schedule(expire, timeoutMs);
      void run()
        .then(resolve, (error: unknown) => reject(expired ?? error))
        .finally(() => timer.cancel());
    });
  }

  /** Subscribers hear of the commit, the connection is given back, then come the hooks. Never rejects. */
  async #finish(): Promise<void> {
    const scope = this.#scope;
    if (!scope) return;
    const time = new AfterEnd(this.#host.clock, this.#timeoutMs);
    const { runner } = scope.facts;
    if (this.#committed) {
      await time.wait('What subscribers do after the commit', runner.announced);
      await runner
        .release()
        .catch((error: unknown) => this.#report('Giving the connection back', error));
    }
    await runInScope(this.#host, undefined, () => scope.hooks.run(this.#outcome, time));
  }

  get #outcome(): TransactionOutcome {
    if (this.#committed) return 'commit';
    return this.#isUnknown ? 'unknown' : 'rollback';
  }

  #report(what: string, failure: unknown): void {
    const { name, message, stack } = redactError(failure);
    const problem = `${this.#host.name}: ${what} failed; the transaction itself is not affected: ${name}: ${message}`;
    this.#logger.error(problem, stack);
  }
}

function isDatabaseFailure(error: unknown): boolean {
  return detectDatabaseError(error) !== undefined;
}
