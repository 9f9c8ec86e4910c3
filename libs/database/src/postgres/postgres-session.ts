import type { QueryResult } from 'pg';
import { withDeadline, type Clock } from 'nestjs-mainstay/common';
import { TransactionAbortedError } from '../errors/transaction.errors.js';
import type { AcquireOptions } from '../engine/engine-query-runner.js';
import type { RunnerSession } from '../engine/managed-query-runner.js';
import { isCommit, isRollback } from '../engine/transaction-words.js';
import type { PostgresClient } from './postgres-client.js';
import { checkCommitAnswer, explainFailedCommit } from './commit-answer.js';
import { cutOff, exchange, type ExchangeOptions } from './exchange.js';

/** How long a rollback may take before the connection is closed instead, in milliseconds. */
const ROLLBACK_TIMEOUT_MS = 1_000;

/** How long the end of an answer may take that has begun with an error, in milliseconds. */
const SETTLE_TIMEOUT_MS = 1_000;

/** Where a session takes its connection from, and gives it back to. */
export interface ConnectionSource {
  acquire(options: AcquireOptions): Promise<PostgresClient>;
  release(client: PostgresClient): void;
}

/** What a {@link PostgresSession} works with. */
export interface PostgresSessionOptions {
  /** Name of the resource, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly source: ConnectionSource;
  /** Time for a statement that names none; the same as the server knows. */
  readonly statementTimeoutMs: number;
}

/**
 * One user's hold on a connection, from its first statement until {@link end}. Statements go one after the other, each
 * within its deadline; nothing is sent in a transaction that has failed, but what takes it back.
 */
export class PostgresSession implements RunnerSession {
  readonly #options: PostgresSessionOptions;
  #client: PostgresClient | undefined;
  #acquiring: Promise<PostgresClient> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #isOver = false;
  #refusal: (() => Error) | undefined;
  #ending: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: PostgresSessionOptions) {
    this.#options = options;
  }

  /** Whether a transaction is open, also one that has failed; with the connection it is lost. */
  get inTransaction(): boolean {
    const client = this.#client;
    return client !== undefined && !client.lost && client.transactionStatus !== 'I';
  }

  /** Why the open transaction has failed; `undefined` when it has not, or was taken back to a savepoint. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure;
  }

  /**
   * Runs one statement when those before it have ended.
   * @throws our own errors when it was not answered, otherwise the server's
   */
  async run(
    sql: string,
    parameters: readonly unknown[] = [],
    options: AcquireOptions = {},
  ): Promise<QueryResult> {
    if (this.#refusal) throw this.#refusal();
    const running = this.#tail.then(() => this.#run(sql, parameters, options));
    this.#tail = running.catch(() => undefined);
    return running;
  }

  /** The connection; taken now unless the session has one. @throws DatabaseUnavailableError, DatabasePoolTimeoutError */
  async connection(options: AcquireOptions = {}): Promise<PostgresClient> {
    this.#throwIfOver();
    if (this.#client) return this.#client;
    this.#acquiring ??= this.#acquire(options).finally(() => (this.#acquiring = undefined));
    return this.#acquiring;
  }

  /** Rolls back what is open, now, and refuses what comes later; a statement in progress is cut off. */
  abort(reason: () => Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#refusal = reason;
    this.#ending = this.#rollBack(reason);
  }

  /**
   * Ends the session: what is in progress may end, what is open is rolled back, and the connection goes back.
   * @returns whether a transaction was open
   */
  async end(reason: () => Error): Promise<boolean> {
    this.#refusal ??= reason;
    await this.#tail;
    const wasOpen = !this.#isOver && this.inTransaction;
    this.abort(reason);
    await this.#ending;
    const client = this.#client;
    this.#client = undefined;
    if (client) this.#options.source.release(client);
    return wasOpen;
  }

  async #run(
    sql: string,
    parameters: readonly unknown[],
    options: AcquireOptions,
  ): Promise<QueryResult> {
    const client = await this.connection(options);
    // While it was waited for, even for a moment, the transaction may have been rolled back.
    this.#throwIfOver();
    this.#throwIfFailed(sql);
    try {
      return await this.#send(client, sql, parameters, options);
    } catch (error) {
      await this.#settle(client);
      if (this.#isBroken(client)) this.#failure ??= { cause: error };
      throw error;
    } finally {
      if (!this.#isBroken(client)) this.#failure = undefined;
    }
  }

  #send(
    client: PostgresClient,
    sql: string,
    parameters: readonly unknown[],
    { timeoutMs, signal }: AcquireOptions,
  ): Promise<QueryResult> {
    const { name: dataSource, clock, statementTimeoutMs } = this.#options;
    const usual = { dataSource, clock, timeoutMs: statementTimeoutMs, signal };
    if (isCommit(sql) && this.inTransaction) return this.#commit(client, sql, usual);
    if (timeoutMs === undefined) return exchange(client, sql, parameters, usual);
    return this.#sendWithin(timeoutMs, client, sql, parameters, usual);
  }

  async #commit(
    client: PostgresClient,
    sql: string,
    options: ExchangeOptions,
  ): Promise<QueryResult> {
    try {
      const result = await exchange(client, sql, [], options);
      checkCommitAnswer(result, options.dataSource, this.#failure?.cause);
      return result;
    } catch (error) {
      throw explainFailedCommit(error, options.dataSource);
    }
  }

  /** A statement with a time of its own has the server told of it; the session has the usual one otherwise. */
  async #sendWithin(
    timeoutMs: number,
    client: PostgresClient,
    sql: string,
    parameters: readonly unknown[],
    usual: ExchangeOptions,
  ): Promise<QueryResult> {
    const own = { ...usual, timeoutMs };
    const set = (value: number, within = usual): Promise<unknown> =>
      exchange(client, `SET statement_timeout = ${Math.ceil(value)}`, [], within);
    await set(timeoutMs, timeoutMs < usual.timeoutMs ? own : usual);
    this.#throwIfOver();
    try {
      return await exchange(client, sql, parameters, own);
    } finally {
      await this.#settle(client);
      // A rollback takes the setting back as well. The answer is here: what fails now is not the statement.
      const isToReset = !this.#isBroken(client);
      if (isToReset) await set(usual.timeoutMs).catch((error: Error) => client.destroy(error));
    }
  }

  /** After an error the server says at once whether the transaction goes on; if it does not, nothing can go on here. */
  async #settle(client: PostgresClient): Promise<void> {
    const onTimeout = (): Error => new Error('The server did not complete its answer.');
    const deadline = { timeoutMs: SETTLE_TIMEOUT_MS, onTimeout };
    try {
      await withDeadline(this.#options.clock, deadline, () => client.settled());
    } catch (error) {
      client.destroy(error as Error, true);
    }
  }

  #isBroken(client: PostgresClient): boolean {
    return client.lost !== undefined || client.transactionStatus === 'E';
  }

  async #acquire(options: AcquireOptions): Promise<PostgresClient> {
    const { source } = this.#options;
    const client = await source.acquire(options);
    if (this.#isOver) source.release(client);
    this.#throwIfOver();
    this.#client = client;
    return client;
  }

  async #rollBack(reason: () => Error): Promise<void> {
    const client = this.#client;
    if (!client || !this.inTransaction) return;
    const { name: dataSource, clock } = this.#options;
    if (client.isBusy) {
      cutOff(clock, client, reason());
      return;
    }
    try {
      await exchange(client, 'ROLLBACK', [], { dataSource, clock, timeoutMs: ROLLBACK_TIMEOUT_MS });
    } catch (error) {
      client.destroy(error as Error);
    }
  }

  #throwIfOver(): void {
    if (this.#isOver && this.#refusal) throw this.#refusal();
  }

  #throwIfFailed(sql: string): void {
    // What may be sent then ends the transaction, or takes it back to a savepoint.
    if (this.#failure && this.inTransaction && !isRollback(sql)) {
      throw new TransactionAbortedError(this.#options.name, this.#failure.cause);
    }
  }
}
