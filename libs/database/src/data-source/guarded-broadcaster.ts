import { redactError } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import type { QueryRunner } from 'typeorm';
import { Broadcaster } from 'typeorm/subscriber/Broadcaster.js';
import { BroadcasterResult } from 'typeorm/subscriber/BroadcasterResult.js';

type AfterQuery = Parameters<Broadcaster['broadcastAfterQueryEvent']>;

/**
 * Tells subscribers what happens, for a query runner of any engine. What the engine has done is done: a subscriber that
 * hears of a query, a commit or a rollback afterwards can neither fail nor delay it. Those that are asked before may
 * still refuse by throwing.
 */
export class GuardedBroadcaster extends Broadcaster {
  readonly #logger = new GuardedLogger('DatabaseModule');
  readonly #dataSource: string;
  readonly #runner: QueryRunner;
  #announced: Promise<void> = Promise.resolve();

  /** @param dataSource name of the resource, for the log */
  constructor(runner: QueryRunner, dataSource: string) {
    super(runner);
    this.#runner = runner;
    this.#dataSource = dataSource;
  }

  /** Settles when all subscribers have heard how the last transaction ended. Never rejects. */
  get announced(): Promise<void> {
    return this.#announced;
  }

  override broadcastAfterTransactionCommitEvent(): void {
    this.#announced = this.#tell('AfterTransactionCommit', (told) =>
      super.broadcastAfterTransactionCommitEvent(told),
    );
  }

  override broadcastAfterTransactionRollbackEvent(): void {
    this.#announced = this.#tell('AfterTransactionRollback', (told) =>
      super.broadcastAfterTransactionRollbackEvent(told),
    );
  }

  override broadcastAfterQueryEvent(...[, ...event]: AfterQuery): void {
    if (this.#runner.dataSource.subscribers.length === 0) return;
    void this.#tell('AfterQuery', (told) => super.broadcastAfterQueryEvent(told, ...event));
  }

  async #tell(event: string, broadcast: (told: BroadcasterResult) => void): Promise<void> {
    const told = new BroadcasterResult();
    try {
      broadcast(told);
    } catch (error) {
      this.#report(event, error);
    }
    await told.wait().catch((error: unknown) => this.#report(event, error));
  }

  #report(event: string, failure: unknown): void {
    const { name, message, stack } = redactError(failure);
    const problem = `${this.#dataSource}: a subscriber of ${event} failed; what it heard of is not affected: ${name}: ${message}`;
    this.#logger.error(problem, stack);
  }
}
