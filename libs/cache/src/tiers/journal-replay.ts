import { LogThrottle, redactText, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { CacheTimeoutError } from '../cache.errors.js';
import type { Invalidations } from '../invalidations.js';
import type { SharedStore } from './shared-store.js';
import type { WriteJournal } from './write-journal.js';

/** The wait before a replay is random up to this, so that instances do not come together, in milliseconds. */
const MAX_JITTER_MS = 250;
/** The wait after a replay that was refused, in milliseconds. */
const RETRY_MS = 1_000;
/** Keys and tags that are sent together. */
const BATCH = 500;

/** What a replay needs to know. */
export interface JournalReplayOptions {
  /** Name of the cache, for the log. */
  readonly name: string;
  readonly journal: WriteJournal;
  readonly shared: SharedStore;
  readonly isUp: () => boolean;
  readonly clock: Clock;
  /** The order of writes and invalidations of this process. */
  readonly invalidations: Invalidations;
}

/**
 * Brings the shared tier up to what this process knows: everything in the journal is invalidated there. A value that
 * could not be written is dropped rather than written late, over a newer one of another instance.
 */
export class JournalReplay {
  readonly #options: JournalReplayOptions;
  readonly #logger = new GuardedLogger('Cache');
  readonly #refusals: LogThrottle;
  #isScheduled = false;
  #isRunning = false;

  constructor(options: JournalReplayOptions) {
    this.#options = options;
    this.#refusals = new LogThrottle(options.clock);
  }

  /** Sees to it that the journal is replayed soon, if there is anything in it and anyone to send it to. */
  schedule(delayMs = this.#options.clock.random() * MAX_JITTER_MS): void {
    const { journal, isUp, clock } = this.#options;
    if (this.#isScheduled || this.#isRunning || journal.size === 0 || !isUp()) return;
    this.#isScheduled = true;
    clock.schedule(() => void this.#runWhenDue(), delayMs, { background: true });
  }

  /**
   * Replays now, for as long as there is time.
   * @param isIdle whether nothing is on its way, which might come into the journal
   * @returns whether the journal is empty
   */
  async flush(timeoutMs: number, isIdle: boolean): Promise<boolean> {
    const { clock, journal, isUp } = this.#options;
    if ((journal.size === 0 && isIdle) || !isUp()) return journal.size === 0;
    const onTimeout = (): Error => new CacheTimeoutError(this.#options.name, timeoutMs);
    try {
      await withDeadline(clock, { timeoutMs, onTimeout }, async () => {
        // Answers come in order: then what was sent before is acknowledged, or in the journal.
        if (!isIdle) await Promise.allSettled([this.#options.shared.check()]);
        await this.#run();
      });
    } catch {
      // What could not be told is lost with the process: until their lives end, others may have older values.
    }
    return journal.size === 0;
  }

  async #runWhenDue(): Promise<void> {
    this.#isScheduled = false;
    if (this.#isRunning) return;
    this.#isRunning = true;
    let isRefused = false;
    try {
      await this.#run();
    } catch (error) {
      isRefused = true;
      this.#refused(error);
    } finally {
      this.#isRunning = false;
    }
    // Lost again: the next connection schedules it.
    if (isRefused) this.schedule(RETRY_MS);
    else this.schedule();
  }

  /** That the connection was lost is told by who lost it. */
  #refused(error: unknown): void {
    const { name, journal, isUp } = this.#options;
    const admission = isUp() ? this.#refusals.admit('refused') : undefined;
    if (!admission) return;
    const more =
      admission.unlogged === 0 ? '' : `; ${admission.unlogged} more like it since the last line`;
    const reason = redactText(error instanceof Error ? error.message : String(error));
    this.#logger.warn(
      `${name}: Redis refuses what it has missed (${journal.size} queued): ${reason}. These keys count as missing; trying again every second${more}.`,
    );
  }

  async #run(): Promise<void> {
    const { journal, shared, invalidations } = this.#options;
    while (journal.size > 0) {
      const batch = journal.next(BATCH);
      // In this order on one connection: nothing is acknowledged before what came first.
      await Promise.all([
        ...(batch.everything ? [shared.clear()] : []),
        shared.deleteMany(batch.keys),
        shared.invalidateTags(batch.tags),
      ]);
      // Reads that are under way may still bring what the journal has hidden by its tags until now.
      if (batch.tags.length > 0) invalidations.invalidate(batch.tags);
      journal.settle(batch);
    }
  }
}
