import type { Clock } from 'nestjs-mainstay/common';
import { DatabasePoolTimeoutError } from '../errors/connection.errors.js';
import { TransactionAbortedError, TransactionFinishedError } from '../errors/transaction.errors.js';
import { FairLock } from '../fair-lock.js';
import { InFlight } from './in-flight.js';
import { ScopeEntry } from './scope-entry.js';
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
  /** Statements wait at most their own deadlines, so that they all end. */
  readonly #inFlight = new InFlight();
  #failure: { readonly cause: unknown } | undefined;
  #undoing: Promise<void> | undefined;
  #isEnded = false;
  #isCommitting = false;
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
    const refusal = this.#refusal();
    if (refusal) throw refusal;
  }

  /** Takes a statement on; whoever is taken on before the end of the scope is still sent. */
  enter(): ScopeEntry {
    const refusal = this.#refusal();
    if (!refusal) this.#inFlight.enter();
    return new ScopeEntry(this, refusal);
  }

  /** Takes a statement on and runs it. */
  async run<T>(statement: () => Promise<T>): Promise<T> {
    const entry = this.enter();
    try {
      return await entry.run(statement);
    } finally {
      await entry.leave();
    }
  }

  /** Runs a statement that was taken on, when it is its turn. @internal use {@link enter} */
  async runInTurn<T>(statement: () => Promise<T>): Promise<T> {
    await this.#takeTurn();
    try {
      const { failure } = this;
      if (failure) throw new TransactionAbortedError(this.facts.dataSource, failure.cause);
      return await statement();
    } finally {
      this.#turn.release();
    }
  }

  /** Ends a statement that was taken on. @internal use {@link enter} */
  async leave(): Promise<void> {
    this.#inFlight.leave();
    await this.#undone();
  }

  /** Opens a nested scope; statements of this one wait until it is closed by {@link commit} or {@link rollback}. */
  async nest(): Promise<TransactionScope> {
    this.throwIfOver();
    this.#inFlight.enter();
    try {
      await this.#takeTurn();
    } catch (error) {
      this.#inFlight.leave();
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

  /** Marks the first failure: nothing is sent any more. {@link fail} or the end rolls back. */
  doom(cause: unknown): void {
    if (!this.failure && !this.#isCommitting) this.#failure = { cause };
  }

  /** Marks the first failure and rolls back at once. Later calls change nothing. */
  async fail(cause: unknown): Promise<void> {
    this.doom(cause);
    await this.#undone();
  }

  /**
   * Waits for statements that nobody awaited, then commits.
   * @returns the failure that prevented it, if there was one before
   * @throws what the commit itself failed with; everything is rolled back then
   */
  async commit(): Promise<{ readonly cause: unknown } | undefined> {
    this.#isEnded = true;
    try {
      await this.#inFlight.drained();
      if (this.facts.runner.failure) this.doom(this.facts.runner.failure.cause);
      const { failure } = this;
      if (failure) {
        await this.#undone();
        return failure;
      }
      this.#isCommitting = true;
      if (this.#parent) await this.facts.runner.control(`RELEASE SAVEPOINT ${this.#savepoint}`);
      else await this.facts.runner.commit();
      return undefined;
    } catch (error) {
      this.#failure ??= { cause: error };
      await this.#undone();
      throw error;
    } finally {
      this.#close(this.failure === undefined);
    }
  }

  /** Rolls back, if a failure has not done so before. */
  async rollback(cause: unknown): Promise<void> {
    if (!this.failure) this.#failure = { cause };
    await this.#undone();
    this.#isEnded = true;
    this.#close(false);
  }

  /** Rolls back once, if this scope has failed. */
  async #undone(): Promise<void> {
    if (!this.#failure) return;
    const { cause } = this.#failure;
    this.#undoing ??= this.#undo(cause);
    await this.#undoing;
  }

  async #undo(cause: unknown): Promise<void> {
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
    this.#inFlight.leave();
  }

  /** A savepoint that cannot be rolled back takes the whole transaction with it. */
  async #rollbackToSavepoint(): Promise<void> {
    try {
      await this.#inFlight.drained();
      await this.facts.runner.control(`ROLLBACK TO SAVEPOINT ${this.#savepoint}`);
      await this.facts.runner.control(`RELEASE SAVEPOINT ${this.#savepoint}`);
    } catch (error) {
      await this.root.fail(error);
    }
  }

  #refusal(): Error | undefined {
    const { failure } = this;
    if (failure) return new TransactionAbortedError(this.facts.dataSource, failure.cause);
    return this.isEnded ? new TransactionFinishedError(this.facts.dataSource) : undefined;
  }

  async #takeTurn(): Promise<void> {
    const { clock, dataSource, waitMs } = this.facts;
    const startedAt = clock.now();
    await this.#turn.acquire({
      timeoutMs: waitMs,
      onTimeout: () => new DatabasePoolTimeoutError(dataSource, waitMs, clock.now() - startedAt),
    });
  }
}
