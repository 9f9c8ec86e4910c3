import { Logger } from '@nestjs/common';

/** Something to do after the end of a transaction. */
export type TransactionHook = () => Promise<void> | void;

interface Entry {
  readonly on: 'commit' | 'rollback' | 'end';
  readonly hook: TransactionHook;
}

/**
 * The hooks of one transaction, or of one savepoint until it is released or rolled back. Hooks that are added after the
 * end run at once, or never, as the end was.
 */
export class TransactionHooks {
  readonly #logger = new Logger('TransactionManager');
  #entries: Entry[] = [];
  #outcome: 'commit' | 'rollback' | undefined;
  #parent: TransactionHooks | undefined;

  /** Adds a hook for one way to end. */
  add(on: 'commit' | 'rollback', hook: TransactionHook): void {
    if (this.#parent) this.#parent.add(on, hook);
    else if (this.#outcome === undefined) this.#entries.push({ on, hook });
    else if (this.#outcome === on) void this.#runOne(on, hook);
  }

  /** Takes over the hooks of a savepoint that was released. */
  adopt(released: TransactionHooks): void {
    released.#parent = this;
    this.#entries.push(...released.#entries);
  }

  /**
   * Takes over the hooks of a savepoint that was rolled back: those for its commit are dropped, those for its rollback
   * will run whichever way the transaction ends.
   */
  adoptRolledBack(rolledBack: TransactionHooks): void {
    rolledBack.#outcome = 'rollback';
    for (const { on, hook } of rolledBack.#entries) {
      if (on !== 'commit') this.#entries.push({ on: 'end', hook });
    }
  }

  /** Runs the hooks of the way in which the transaction ended, one after the other. Never rejects: failures are logged. */
  async run(outcome: 'commit' | 'rollback'): Promise<void> {
    this.#outcome = outcome;
    for (const { on, hook } of this.#entries) {
      if (on === outcome || on === 'end') await this.#runOne(outcome, hook);
    }
  }

  async #runOne(outcome: string, hook: TransactionHook): Promise<void> {
    try {
      await hook();
    } catch (error) {
      this.#logger.error(
        `A hook after the ${outcome} of a transaction failed; the transaction itself is not affected.`,
        error instanceof Error ? error.stack : String(error),
      );
    }
  }
}
