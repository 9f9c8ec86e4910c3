import type { BoundOperation } from 'nestjs-mainstay/resource';
import type { CacheBackend, CacheEngine } from '../cache-engine.js';
import type { CacheEntry, KeyedEntry } from '../stores/cache-store.js';
import type { LoadLock } from '../stores/load-lock.js';
import type { FlightPlan } from './flight.js';

/** How long a lock outlives the factory at most: what is made has to be stored, in milliseconds. */
const MARGIN_MS = 1_000;
/** The wait between two looks at what another instance is loading is random between these, in milliseconds. */
const MIN_POLL_MS = 25;
const MAX_POLL_MS = 75;

/** Who has waited for his turn may load what was not found. */
export interface LoadTurn {
  /** What other instances have loaded meanwhile, by its key. */
  readonly found: ReadonlyMap<string, CacheEntry>;
  /** The load has ended, or is to no avail: it is another's turn. May be called again. */
  end(): void;
}

/** Nobody is locked out. */
const OPEN_TURN: LoadTurn = { found: new Map(), end: () => undefined };

/** Locks that were asked for together; `undefined` where another instance has one of them. */
type Held = readonly LoadLock[] | undefined;

/**
 * Sees to it that, of all instances, one at a time loads a key. It only saves calls of factories: it is waited for no
 * longer than `lockWait`, and a store that cannot be asked for it locks nobody out.
 */
export class LoadLocks {
  readonly #engine: CacheEngine;
  readonly #backend: CacheBackend;
  readonly #operation: BoundOperation;

  /** @param operation asks for a lock */
  constructor(engine: CacheEngine, backend: CacheBackend, operation: BoundOperation) {
    this.#engine = engine;
    this.#backend = backend;
    this.#operation = operation;
  }

  /** Waits until the keys are nobody else's to load, were loaded by others, or were waited for long enough. */
  async take({ keys, isDue }: Pick<FlightPlan, 'keys' | 'isDue'>): Promise<LoadTurn> {
    if (!this.#hasLocks()) return OPEN_TURN;
    const { clock, config } = this.#backend;
    const endsAt = clock.now() + config.lockWait;
    const found = new Map<string, CacheEntry>();
    const find = async (wanted: readonly string[]): Promise<void> => {
      for (const [key, entry] of await this.#find(wanted)) {
        // What is to be replaced was not loaded meanwhile.
        if (!isDue?.(entry)) found.set(key, entry);
      }
    };
    for (;;) {
      const missing = keys.filter((key) => !found.has(key));
      const held = await this.#lock(missing);
      // Who had the lock before may have stored what is wanted.
      if (held !== undefined) {
        if (held.length > 0) await find(missing);
        // Once: what was released is another's.
        const locks = [...held];
        return { found, end: () => this.#release(locks.splice(0)) };
      }
      const leftMs = endsAt - clock.now();
      if (leftMs <= 0) return { found, end: () => undefined };
      const pollMs = MIN_POLL_MS + clock.random() * (MAX_POLL_MS - MIN_POLL_MS);
      const background = isDue !== undefined;
      await clock.sleep(Math.min(leftMs, pollMs), undefined, { background });
      await find(missing);
      if (found.size === keys.length) return { found, end: () => undefined };
    }
  }

  /** All or none: who holds some and waits for others would keep those from loading that wait for these. */
  async #lock(keys: readonly string[]): Promise<Held> {
    const asked = await Promise.allSettled(keys.map((key) => this.#ask(key)));
    const locks = asked.flatMap((one) => (one.status === 'fulfilled' && one.value) || []);
    if (locks.length === keys.length) return locks;
    this.#release(locks);
    return asked.some(({ status }) => status === 'rejected') ? [] : undefined;
  }

  #hasLocks(): boolean {
    try {
      return this.#backend.store.lock !== undefined;
    } catch {
      // Without a store there is nobody to lock out.
      return false;
    }
  }

  #ask(key: string): Promise<LoadLock | undefined> {
    return this.#operation.run(async (wanted: string) => {
      const { store, config } = this.#backend;
      return store.lock?.(wanted, config.factoryTimeout + MARGIN_MS);
    }, key);
  }

  /** What is there now. */
  async #find(keys: readonly string[]): Promise<readonly KeyedEntry[]> {
    try {
      const entries = await this.#engine.findMany(keys, { hasAlternative: true });
      return keys.flatMap((key, index) => {
        const entry = entries[index];
        return entry ? [[key, entry] as const] : [];
      });
    } catch {
      // The read before was recorded; now only the factory counts.
      return [];
    }
  }

  /** A lock that cannot be given back ends by itself. */
  #release(locks: readonly LoadLock[]): void {
    for (const lock of locks) lock.release().then(undefined, () => undefined);
  }
}
