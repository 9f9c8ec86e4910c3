import { DatabaseError } from '../errors/database.error.js';
import { detectDatabaseError, toDatabaseError } from '../errors/to-database-error.js';
import { TransactionTimeoutError, UnexpectedRollbackError } from '../errors/transaction.errors.js';
import { runInScope } from './transaction-context.js';
import type { TransactionHost } from './transaction-host.js';
import type { TransactionRunner } from './transaction-runner.js';
import { TransactionScope } from './transaction-scope.js';
import type { TransactionOptions, TransactionWork } from './transaction.options.js';

/** How the work of a unit ended, where the database did what it was asked. */
type Settled<T> = { readonly value: T } | { readonly thrown: unknown };

/** One outermost transaction, from its begin to its hooks. */
export class TransactionUnit {
  readonly #host: TransactionHost;
  readonly #id: number;
  readonly #options: TransactionOptions;
  #scope: TransactionScope | undefined;

  constructor(host: TransactionHost, id: number, options: TransactionOptions) {
    this.#host = host;
    this.#id = id;
    this.#options = options;
  }

  /** Runs the work as one recorded transaction, then its hooks. */
  async run<T>(work: TransactionWork<T>): Promise<T> {
    let isCommitted = false;
    try {
      const settled = await this.#host.operations.transaction(() => this.#execute(work));
      if ('thrown' in settled) throw settled.thrown;
      isCommitted = true;
      return settled.value;
    } finally {
      await this.#runHooks(isCommitted ? 'commit' : 'rollback');
    }
  }

  async #execute<T>(work: TransactionWork<T>): Promise<Settled<T>> {
    const runner = this.#host.createTransactionRunner();
    try {
      await this.#begin(runner);
      const scope = this.#openScope(runner);
      return await this.#withDeadline(scope, () => this.#workAndCommit(scope, work));
    } finally {
      await runner.release();
    }
  }

  async #begin(runner: TransactionRunner): Promise<void> {
    const { isolation, readOnly = false, signal } = this.#options;
    try {
      await runner.begin({ isolation, readOnly, signal });
    } catch (error) {
      throw toDatabaseError(error, this.#host.name, 'not-sent');
    }
  }

  #openScope(runner: TransactionRunner): TransactionScope {
    const { name, clock, acquireTimeoutMs } = this.#host;
    this.#scope = new TransactionScope({
      id: this.#id,
      dataSource: name,
      runner,
      clock,
      startedAt: clock.now(),
      isReadOnly: this.#options.readOnly ?? false,
      waitMs: acquireTimeoutMs,
    });
    return this.#scope;
  }

  async #workAndCommit<T>(scope: TransactionScope, work: TransactionWork<T>): Promise<Settled<T>> {
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
    return { value };
  }

  async #commit(scope: TransactionScope): Promise<void> {
    const { name, operations } = this.#host;
    let failure: { readonly cause: unknown } | undefined;
    try {
      failure = await scope.commit();
    } catch (error) {
      throw toDatabaseError(error, name, 'rolled-back');
    }
    if (!failure) return;
    throw new UnexpectedRollbackError(name, failure.cause, operations.classify(failure.cause));
  }

  /** Settles at the deadline at the latest; what the work does afterwards reaches no database. */
  #withDeadline<T>(scope: TransactionScope, run: () => Promise<T>): Promise<T> {
    const { name, clock, transactionTimeoutMs } = this.#host;
    const timeoutMs = this.#options.timeoutMs ?? transactionTimeoutMs;
    return new Promise<T>((resolve, reject) => {
      const expire = (): void => {
        const error = new TransactionTimeoutError(name, timeoutMs);
        void scope.rollback(error).then(() => reject(error), reject);
      };
      const timer = clock.schedule(expire, timeoutMs);
      void run()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  async #runHooks(outcome: 'commit' | 'rollback'): Promise<void> {
    const scope = this.#scope;
    if (scope) await runInScope(this.#host, undefined, () => scope.hooks.run(outcome));
  }
}

function isDatabaseFailure(error: unknown): boolean {
  return error instanceof DatabaseError || detectDatabaseError(error) !== undefined;
}
