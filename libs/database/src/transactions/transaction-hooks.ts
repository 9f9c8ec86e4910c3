import { redactError } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import type { AfterEnd } from './after-end.js';

/** Something to do after the end of a transaction. */
export type TransactionHook = () => Promise<void> | void;

/** How a transaction ended; `unknown`: the answer to its COMMIT did not come, so that neither kind of hook may run. */
export type TransactionOutcome = 'commit' | 'rollback' | 'unknown';

interface Entry {
  readonly on: 'commit' | 'rollback' | 'end';
  readonly hook: TransactionHook;
}

/**
 * The hooks of one transaction, or of one savepoint until it is released or rolled back. Hooks that are added after the
 * end run at once, or never, as the end was.
 */
export class TransactionHooks {
  readonly #logger = new GuardedLogger('TransactionManager');
  #entries: Entry[] = [];
  #outcome: TransactionOutcome | undefined;
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

  /**
   * Runs the hooks of the way in which the transaction ended, one after the other. Never rejects: failures are logged.
   * @param time how long each is waited for before the next; @default until it ends
   */
  async run(outcome: TransactionOutcome, time?: AfterEnd): Promise<void> {
    this.#outcome = outcome;
    for (const { on, hook } of this.#entries) {
      if (on !== outcome && on !== 'end') continue;
      const running = this.#runOne(outcome, hook);
      await (time ? time.wait(`A hook after the ${outcome}`, running) : running);
    }
  }

  async #runOne(outcome: string, hook: TransactionHook): Promise<void> {
    try {
      await hook();
    } catch (error) {
      const { name, message, stack } = redactError(error);
      this.#logger.error(
        `A hook after the ${outcome} of a transaction failed; the transaction itself is not affected: ${name}: ${message}`,
        stack,
      );
    }
  }
}
