import { LogThrottle, redactText, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { CacheTimeoutError } from '../cache.errors.js';
import type { Invalidations } from '../invalidations.js';
import type { KeyedEntry } from '../stores/cache-store.js';
import type { LocalCopies } from './local-copies.js';
import type { SharedStore } from './shared-store.js';
import {
  asOf,
  type InvalidationIntent,
  type JournalBatch,
  type KeyIntent,
  type WriteJournal,
} from './write-journal.js';

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
  readonly copies: LocalCopies;
  readonly shared: SharedStore;
  readonly isUp: () => boolean;
  readonly clock: Clock;
  /** The order of writes and invalidations of this process. */
  readonly invalidations: Invalidations;
  /** A write that is older may have been invalidated by what nobody remembers any more, in milliseconds. */
  readonly maxWriteAgeMs: number;
}

/**
 * Brings the shared tier up to what this process knows, as of when it came to know it: newer writes of other instances
 * stay, but for some that were made in the moment after it, where it may be that something older was executed then. A
 * value is written for as long as its copy is here and its age allows; else what stands under its key is invalidated.
 */
export class JournalReplay {
  readonly #options: JournalReplayOptions;
  readonly #logger = new GuardedLogger('Cache');
  readonly #refusals: LogThrottle;
  /** What was being told when the connection was lost: a value that it cannot take would end the next as well. */
  readonly #suspects = new WeakSet<KeyIntent>();
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
      `${name}: the shared tier refuses what it has missed (${journal.size} queued): ${reason}. These keys count as missing; trying again every second${more}.`,
    );
  }

  async #run(): Promise<void> {
    const { journal, invalidations, copies } = this.#options;
    while (journal.size > 0) {
      const batch = journal.next(BATCH);
      await Promise.all(this.#sent(batch));
      // Reads that are under way may still bring what the journal has hidden until now.
      if (batch.tags.length > 0) invalidations.invalidate(batch.tags.map(([tag]) => tag));
      if (batch.everything) copies.toldEverything();
      copies.told(batch.keys.map(([key]) => key));
      journal.settle(batch);
    }
  }

  /** Each says as of when it is, so that their order does not matter. */
  #sent({ everything, keys, tags }: JournalBatch): PromiseLike<unknown>[] {
    const { shared, copies } = this.#options;
    const sent: PromiseLike<unknown>[] = [];
    if (everything) sent.push(shared.invalidate('everything', [asOf(everything)]));
    if (tags.length > 0) {
      sent.push(shared.invalidate({ tags: tags.map(([tag]) => tag) }, timesOf(tags)));
    }
    const writes = keys.flatMap(([key, intent]) => {
      const entry = this.#entryOf(key, intent);
      return entry ? [[key, entry] as const] : [];
    });
    const written = new Set(writes.map(([key]) => key));
    const invalidated = keys.filter(([key]) => !written.has(key));
    if (invalidated.length > 0) {
      const names = keysOf(invalidated);
      // What was written here and is not told must not be taken for what the shared tier has.
      copies.drop(names.keys);
      sent.push(shared.invalidate(names, timesOf(invalidated)));
    }
    if (writes.length > 0) {
      const told = keys.filter(([key]) => written.has(key));
      sent.push(this.#write(writes, told));
    }
    return sent;
  }

  /** A tier that takes no values (it is full) is not to keep the old ones either. */
  async #write(writes: readonly KeyedEntry[], told: JournalBatch['keys']): Promise<void> {
    const { shared, copies, isUp } = this.#options;
    try {
      const refused = new Set(await shared.setMany(writes, 'replay'));
      copies.discard(writes.filter(([key]) => refused.has(key)));
      // What is newer there may be a value that was written here before, and was executed late.
      const replaced = told.filter(([key, intent]) => intent.isBehind && refused.has(key));
      if (replaced.length > 0) await shared.invalidate(keysOf(replaced), timesOf(replaced));
    } catch (error) {
      if (!isUp()) {
        for (const [, intent] of told) this.#suspects.add(intent);
        throw error;
      }
      await shared.invalidate(keysOf(told), timesOf(told));
      copies.discard(writes);
    }
  }

  /** What was written, if it is still here and may still be told. */
  #entryOf(key: string, intent: JournalBatch['keys'][number][1]): KeyedEntry[1] | undefined {
    const { copies, clock, maxWriteAgeMs, invalidations } = this.#options;
    if (intent.entryOrder === undefined || this.#suspects.has(intent)) return undefined;
    if (clock.now() - intent.calledAt > maxWriteAgeMs) return undefined;
    const entry = copies.findWritten(key, intent.entryOrder);
    return entry && invalidations.isValid(entry.order, entry.tags) ? entry : undefined;
  }
}

function keysOf(told: JournalBatch['keys']): { readonly keys: readonly string[] } {
  return { keys: told.map(([key]) => key) };
}

/** As of when each invalidates. */
function timesOf(intents: readonly (readonly [unknown, InvalidationIntent])[]): readonly number[] {
  return intents.map(([, intent]) => asOf(intent));
}
