import type { Clock } from 'nestjs-mainstay/common';
import { DatabasePoolTimeoutError } from '../errors/connection.errors.js';
import { TransactionAbortedError, TransactionFinishedError } from '../errors/transaction.errors.js';
import { FairLock } from '../fair-lock.js';
import { TransactionHooks } from './transaction-hooks.js';
import type { TransactionRunner } from './transaction-runner.js';

/** What all scopes of one transaction share. */
export interface TransactionFacts {
  readonly id: number;
  /** Name of the resource, for errors. */
  readonly dataSource: string;
  readonly runner: TransactionRunner;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly isReadOnly: boolean;
  /** How long a statement waits for those before it. */
  readonly waitMs: number;
}

/**
 * A transaction, or a part of one between savepoints. Its statements run one after the other; while a nested part is
 * open they wait for it. The first failure rolls back at once, and nothing is sent afterwards.
 */
export class TransactionScope {
  readonly facts: TransactionFacts;
  readonly depth: number;
  readonly hooks = new TransactionHooks();
  readonly #parent: TransactionScope | undefined;
  readonly #savepoint: string;
  readonly #turn: FairLock;
  readonly #idle = new Set<() => void>();
  #failure: { readonly cause: unknown } | undefined;
  #running = 0;
  #isEnded = false;
  #isClosed = false;
  #savepoints = 0;

  constructor(facts: TransactionFacts, parent?: TransactionScope) {
    this.facts = facts;
    this.depth = parent ? parent.depth + 1 : 1;
    this.#parent = parent;
    this.#savepoint = parent ? `mainstay_${this.root.#savepoints++}` : '';
    this.#turn = new FairLock(facts.clock);
  }

  get root(): TransactionScope {
    return this.#parent?.root ?? this;
  }

  /** Whether statements are no longer taken because the scope has ended. */
  get isEnded(): boolean {
    return this.#isEnded || (this.#parent?.isEnded ?? false);
  }

  /** Whether {@link commit} or {@link rollback} has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The first failure, of this scope or one around it. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure ?? this.#parent?.failure;
  }

  /** @throws TransactionFinishedError, TransactionAbortedError when nothing may be sent any more */
  throwIfOver(): void {
    if (this.failure) throw new TransactionAbortedError(this.facts.dataSource, this.failure.cause);
    if (this.isEnded) throw new TransactionFinishedError(this.facts.dataSource);
  }

  /** Runs one statement when it is its turn. */
  async run<T>(statement: () => Promise<T>): Promise<T> {
    this.throwIfOver();
    this.#running++;
    try {
      await this.#takeTurn();
      try {
        this.throwIfOver();
        return await statement();
      } finally {
        this.#turn.release();
      }
    } finally {
      this.#leave();
    }
  }

  /** Opens a nested scope; statements of this one wait until it is closed by {@link commit} or {@link rollback}. */
  async nest(): Promise<TransactionScope> {
    this.throwIfOver();
    this.#running++;
    try {
      await this.#takeTurn();
    } catch (error) {
      this.#leave();
      throw error;
    }
    try {
      this.throwIfOver();
      const nested = new TransactionScope(this.facts, this);
      await this.facts.runner.control(`SAVEPOINT ${nested.#savepoint}`);
      return nested;
    } catch (error) {
      this.#closeNested();
      throw error;
    }
  }

  /** Marks the first failure and rolls back at once. Later calls change nothing. */
  async fail(cause: unknown): Promise<void> {
    if (!this.failure && !this.#isEnded) await this.#undo(cause);
  }

  /**
   * Waits for statements that nobody awaited, then commits.
   * @returns the failure that prevented it, if there was one before
   * @throws what the commit itself failed with; everything is rolled back then
   */
  async commit(): Promise<{ readonly cause: unknown } | undefined> {
    this.#isEnded = true;
    try {
      await this.#drained();
      const { failure } = this;
      if (failure) return failure;
      if (this.#parent) await this.facts.runner.control(`RELEASE SAVEPOINT ${this.#savepoint}`);
      else await this.facts.runner.commit();
      return undefined;
    } catch (error) {
      await this.#undo(error);
      throw error;
    } finally {
      this.#close(this.failure === undefined);
    }
  }

  /** Rolls back, if a failure has not done so before. */
  async rollback(cause: unknown): Promise<void> {
    await this.fail(cause);
    this.#isEnded = true;
    this.#close(false);
  }

  async #undo(cause: unknown): Promise<void> {
    this.#failure ??= { cause };
    if (this.#parent) await this.#rollbackToSavepoint();
    else this.facts.runner.abort(() => new TransactionAbortedError(this.facts.dataSource, cause));
  }

  #close(isCommitted: boolean): void {
    this.#isClosed = true;
    if (!this.#parent) return;
    if (isCommitted) this.#parent.hooks.adopt(this.hooks);
    else this.#parent.hooks.adoptRolledBack(this.hooks);
    this.#parent.#closeNested();
  }

  #closeNested(): void {
    this.#turn.release();
    this.#leave();
  }

  /** A savepoint that cannot be rolled back takes the whole transaction with it. */
  async #rollbackToSavepoint(): Promise<void> {
    try {
      await this.#drained();
      await this.facts.runner.control(`ROLLBACK TO SAVEPOINT ${this.#savepoint}`);
      await this.facts.runner.control(`RELEASE SAVEPOINT ${this.#savepoint}`);
    } catch (error) {
      await this.root.fail(error);
    }
  }

  async #takeTurn(): Promise<void> {
    const { clock, dataSource, waitMs } = this.facts;
    const startedAt = clock.now();
    await this.#turn.acquire({
      timeoutMs: waitMs,
      onTimeout: () => new DatabasePoolTimeoutError(dataSource, waitMs, clock.now() - startedAt),
    });
  }

  #leave(): void {
    this.#running--;
    if (this.#running > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Statements wait at most their own deadlines, so that this ends. */
  #drained(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }
}
