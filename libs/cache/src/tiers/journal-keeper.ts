import {
  LogThrottle,
  redactText,
  withDeadline,
  type Clock,
  type Timer,
} from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { CacheTimeoutError } from '../cache.errors.js';
import type { Invalidation } from '../invalidation.js';
import type { JournalRecord, JournalStore } from './journal-store.js';
import type { InvalidationIntent, JournalEntry, WriteJournal } from './write-journal.js';

/** What changes within this time is kept together, in milliseconds. */
const GATHER_MS = 50;
/** The wait after a call that failed, in milliseconds. */
const RETRY_MS = 1_000;
/** The wait between two looks at what other processes have left, in milliseconds. */
const LOOK_MS = 30_000;
/** Time for one call, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;
/** What is assumed of the difference between the clocks of two machines, in milliseconds: too much is invalidated, not too little. */
const CLOCK_SKEW_MS = 5_000;

/** What a keeper needs to know. */
export interface JournalKeeperOptions {
  readonly store: JournalStore;
  /** What the records say of where they belong. */
  readonly cache: string;
  readonly journal: WriteJournal;
  readonly clock: Clock;
  /** What other processes have invalidated came into the journal. */
  readonly onAdopted: (adopted: readonly Invalidation[]) => void;
}

/** Keeps a copy of the journal where it outlives the process, and takes over what other processes have left there. */
export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  readonly #logger = new GuardedLogger('Cache');
  readonly #failures: LogThrottle;
  /** What the store has, as far as this process has to do with it. */
  readonly #kept = new Map<string, JournalRecord>();
  readonly #records = new WeakMap<InvalidationIntent, JournalRecord>();
  #due: Timer | undefined;
  #nextLook: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
    this.#failures = new LogThrottle(options.clock);
  }

  /** The journal has changed. */
  changed(): void {
    this.#due ??= this.#later(GATHER_MS, () => this.#syncWhenDue());
  }

  /** The shared tier can be reached: takes over what is left there, now and from time to time. */
  opened(): void {
    this.#nextLook?.cancel();
    this.#nextLook = this.#later(0, () => this.#look());
  }

  /** Brings the store up to date, for as long as there is time. Never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    this.#due?.cancel();
    this.#due = undefined;
    await this.#attempt('written', () =>
      this.#within(
        timeoutMs,
        this.#inTurn(() => this.#sync()),
      ),
    );
  }

  /** Nothing is asked any more: what is under way ends by itself. */
  end(): void {
    this.#isEnded = true;
    this.#nextLook?.cancel();
    this.#due?.cancel();
  }

  async #syncWhenDue(): Promise<void> {
    this.#due = undefined;
    const isDone = await this.#attempt('written', () => this.#inTurn(() => this.#sync()));
    if (!isDone) this.#due ??= this.#later(RETRY_MS, () => this.#syncWhenDue());
  }

  async #look(): Promise<void> {
    await this.#attempt('read', () => this.#inTurn(() => this.#adopt()));
    this.#nextLook = this.#later(LOOK_MS, () => this.#look());
  }

  async #sync(): Promise<void> {
    const { store, journal } = this.#options;
    const now = new Map<string, JournalRecord>();
    for (const entry of journal.entries()) now.set(idOf(entry), this.#recordOf(entry));
    const added = [...now].filter(([id, record]) => this.#kept.get(id) !== record);
    if (added.length > 0) {
      await this.#within(CALL_TIMEOUT_MS, store.save(added.map(([, record]) => record)));
      for (const [id, record] of added) this.#kept.set(id, record);
    }
    const gone = [...this.#kept].filter(([id]) => !now.has(id));
    if (gone.length === 0) return;
    await this.#within(CALL_TIMEOUT_MS, store.remove(gone.map(([, record]) => record)));
    for (const [id] of gone) this.#kept.delete(id);
  }

  /** What this process knows better stays as it is. */
  async #adopt(): Promise<void> {
    const { store, cache, journal, clock, onAdopted } = this.#options;
    const records = await this.#within(CALL_TIMEOUT_MS, store.load(cache));
    const adopted: Invalidation[] = [];
    for (const record of records) {
      const id = idOf(record);
      if (record.cache !== cache || this.#kept.has(id)) continue;
      const age = clock.wallTime() - record.at - CLOCK_SKEW_MS;
      const intent = journal.adopt(record, clock.now() - Math.max(0, age));
      this.#kept.set(id, record);
      if (intent === undefined) continue;
      this.#records.set(intent, record);
      adopted.push(invalidationBy(record));
    }
    if (adopted.length > 0) onAdopted(adopted);
  }

  #recordOf({ kind, name, intent }: JournalEntry): JournalRecord {
    let record = this.#records.get(intent);
    if (record?.name !== name || record.kind !== kind) {
      const { cache, clock } = this.#options;
      const at = Math.round(clock.wallTime() - (clock.now() - intent.calledAt));
      record = { cache, kind, name, at };
      this.#records.set(intent, record);
    }
    return record;
  }

  /** One at a time: what is kept is known only after it. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#running.then(work);
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  #within<T>(timeoutMs: number, work: PromiseLike<T>): Promise<T> {
    const { clock, cache } = this.#options;
    const onTimeout = (): Error => new CacheTimeoutError(cache, timeoutMs);
    return withDeadline(clock, { timeoutMs, onTimeout }, async () => work);
  }

  #later(delayMs: number, work: () => Promise<void>): Timer | undefined {
    if (this.#isEnded) return undefined;
    return this.#options.clock.schedule(() => void work(), delayMs, { background: true });
  }

  /** @returns whether it was done */
  async #attempt(done: 'read' | 'written', work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const admission = this.#failures.admit(done);
      if (admission) {
        const reason = redactText(error instanceof Error ? error.message : String(error));
        this.#logger.warn(
          `${this.#options.cache}: the journal store could not be ${done}: ${reason}. Trying again; if this process dies before, other instances may serve older values until their lives end.`,
        );
      }
      return false;
    }
  }
}

function idOf({ kind, name }: Pick<JournalRecord, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

function invalidationBy({ kind, name }: JournalRecord): Invalidation {
  if (kind === 'everything') return kind;
  return kind === 'key' ? { keys: [name] } : { tags: [name] };
}
