import {
  NamedPlaceholdersNotSupportedError,
  QueryRunnerAlreadyReleasedError,
  type QueryResult,
  type QueryRunner,
} from 'typeorm';
import type { BaseQueryRunner } from 'typeorm/query-runner/BaseQueryRunner.js';
import { redactError, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import type { GuardedBroadcaster } from '../data-source/guarded-broadcaster.js';
import type { DatabaseOperations, StatementPlace } from '../database-operations.js';
import { TransactionLeftOpenError } from '../errors/transaction.errors.js';
import { AfterEnd } from '../transactions/after-end.js';
import type { ScopeEntry } from '../transactions/scope-entry.js';
import type { BeginOptions } from '../transactions/transaction-runner.js';
import type { AcquireOptions, EngineQueryRunner, StatementOptions } from './engine-query-runner.js';
import { announceStatement } from './announce-statement.js';
import { isCommit } from './transaction-words.js';

/** What the runners of one data source share. */
export interface RunnerHost {
  /** Name of the resource, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly operations: DatabaseOperations;
  readonly transactionTimeoutMs: number;
}

/** A query runner's hold on a connection, as an engine gives it. */
export interface RunnerSession {
  readonly inTransaction: boolean;
  /** Why the open transaction has failed, on engines that go on refusing it until it is rolled back. */
  readonly failure?: { readonly cause: unknown } | undefined;
  /** Rolls back what is open, now, and refuses what comes later. */
  abort(reason: () => Error): void;
  /** Ends the session; what is open is rolled back. @returns whether a transaction was open */
  end(reason: () => Error): boolean | Promise<boolean>;
}

/** What a runner is made of, beside TypeORM's part. */
export interface RunnerParts<S extends RunnerSession = RunnerSession> {
  readonly host: RunnerHost;
  readonly session: S;
  /** `false` for what is part of an operation that is recorded as a whole. */
  readonly recorded: boolean;
}

/** What {@link manageRunner} makes of a query runner of TypeORM. */
export interface ManagedQueryRunner extends EngineQueryRunner {
  readonly parts: RunnerParts;
  /** Where a statement that comes now stands. */
  readonly place: StatementPlace;
  isReleased: boolean;
  isTransactionActive: boolean;
  /** Sends one statement; the engine's own part. */
  perform(sql: string, parameters: unknown[], options?: AcquireOptions): Promise<QueryResult>;
  /** Takes a statement on, before anything that may take time. */
  enter(): ScopeEntry | undefined;
  /** @throws QueryRunnerAlreadyReleasedError */
  throwIfReleased(): void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- TypeScript asks for it of a class that a function derives
export type RunnerClass<R> = abstract new (...args: any[]) => R;

type TypeormRunner = BaseQueryRunner & QueryRunner;
type Managed<B> = B & RunnerClass<ManagedQueryRunner>;

/**
 * Derives a query runner of any engine from TypeORM's: each has a session of its own on a connection, statements are
 * recorded, and what is not committed is rolled back, however the runner is left.
 */
export function manageRunner<B extends RunnerClass<TypeormRunner>>(Base: B): Managed<B> {
  abstract class Runner extends Base implements ManagedQueryRunner {
    abstract readonly parts: RunnerParts;
    readonly #logger = new GuardedLogger('DatabaseModule');
    /** How the statements wait that TypeORM begins a transaction with. */
    #begin: AcquireOptions | undefined;
    #hasFailed = false;
    #isCommitSent = false;
    #isCommitted = false;

    abstract perform(
      sql: string,
      parameters: unknown[],
      options?: AcquireOptions,
    ): Promise<QueryResult>;

    get place(): StatementPlace {
      return this.parts.session.inTransaction ? 'runner-transaction' : 'alone';
    }

    get failure(): { readonly cause: unknown } | undefined {
      return this.parts.session.failure;
    }

    get isCommitSent(): boolean {
      return this.#isCommitSent;
    }

    get announced(): Promise<void> {
      return (this.broadcaster as GuardedBroadcaster).announced;
    }

    override async query(
      sql: string,
      parameters?: unknown,
      useStructuredResult = false,
    ): ReturnType<TypeormRunner['query']> {
      this.throwIfReleased();
      const { host, recorded } = this.parts;
      const entry = this.enter();
      const options = entry ? { entry } : this.#begin;
      const run = (): Promise<QueryResult> => this.execute(sql, parameters, options);
      try {
        const result = await (recorded ? host.operations.statement(sql, run, this.place) : run());
        return useStructuredResult ? result : result.raw;
      } finally {
        await entry?.leave();
      }
    }

    async execute(
      sql: string,
      parameters: unknown = [],
      options?: StatementOptions,
    ): Promise<QueryResult> {
      this.throwIfReleased();
      if (!Array.isArray(parameters)) throw new NamedPlaceholdersNotSupportedError();
      try {
        return await announceStatement(this, this.parts.host.clock, sql, parameters, () =>
          this.#perform(sql, parameters, options),
        );
      } catch (error) {
        this.#hasFailed = true;
        throw error;
      }
    }

    async begin({ isolation, signal }: BeginOptions): Promise<void> {
      signal?.throwIfAborted();
      this.#begin = { signal };
      try {
        await this.startTransaction(isolation);
      } finally {
        this.#begin = undefined;
      }
    }

    async control(sql: string): Promise<void> {
      await this.execute(sql);
    }

    async commit(): Promise<void> {
      const { isTransactionActive: wasActive } = this;
      try {
        await super.commitTransaction();
      } catch (error) {
        if (!wasActive || !this.#isCommitted) throw error;
        this.#leaveTransaction();
        this.#report('what followed a commit failed', error);
      }
    }

    abort(reason: () => Error): void {
      try {
        this.parts.session.abort(reason);
      } catch (error) {
        this.#report('a rollback failed', error);
      }
      this.#leaveTransaction();
    }

    /** As TypeORM's, but what comes after the COMMIT neither makes it look failed nor keeps the caller for ever. */
    override async commitTransaction(): Promise<void> {
      await this.commit();
      await this.#awaitAnnounced();
    }

    override async rollbackTransaction(): Promise<void> {
      await super.rollbackTransaction();
      await this.#awaitAnnounced();
    }

    /** Gives the connection back; a transaction that was left open is rolled back. */
    override async release(): Promise<void> {
      if (this.isReleased) return;
      this.isReleased = true;
      const { host, session } = this.parts;
      if (await session.end(() => new QueryRunnerAlreadyReleasedError())) {
        this.#logger.warn(
          `${host.name}: a query runner was released while its transaction was open; it was rolled back`,
        );
      }
      this.#leaveTransaction();
      await super.release();
    }

    /** `await using`: what was not committed is rolled back; TypeORM's own would commit it, after an error as well. */
    override async [Symbol.asyncDispose](): Promise<void> {
      const isLeftOpen = this.isTransactionActive && !this.isReleased;
      await this.release();
      if (isLeftOpen && !this.#hasFailed) throw new TransactionLeftOpenError(this.parts.host.name);
    }

    enter(): ScopeEntry | undefined {
      return undefined;
    }

    throwIfReleased(): void {
      if (this.isReleased) throw new QueryRunnerAlreadyReleasedError();
    }

    async #perform(
      sql: string,
      parameters: unknown[],
      options: AcquireOptions | undefined,
    ): Promise<QueryResult> {
      const isItsCommit = this.isTransactionActive && isCommit(sql);
      this.#isCommitSent = isItsCommit;
      const result = await this.perform(sql, parameters, options);
      this.#isCommitted = isItsCommit;
      return result;
    }

    #leaveTransaction(): void {
      this.isTransactionActive = false;
      this.transactionDepth = 0;
    }

    async #awaitAnnounced(): Promise<void> {
      const { clock, transactionTimeoutMs } = this.parts.host;
      const time = new AfterEnd(clock, transactionTimeoutMs);
      await time.wait('What subscribers do after a transaction', this.announced);
    }

    #report(problem: string, failure: unknown): void {
      const { name, message, stack } = redactError(failure);
      this.#logger.error(`${this.parts.host.name}: ${problem}: ${name}: ${message}`, stack);
    }
  }
  return Runner;
}
