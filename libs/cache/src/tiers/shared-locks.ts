import type { LoadLock } from '../stores/load-lock.js';
import type { LocalCopies } from './local-copies.js';
import type { SharedStore } from './shared-store.js';
import { HARD_TIMEOUT_MS, SOFT_TIMEOUT_MS, type TierCalls } from './tier-calls.js';

/**
 * Time for the lock, in milliseconds: what the read that went before it has left. A load can do without, but who asks for
 * a lock would rather wait than call the factory beside others.
 */
const LOCK_TIMEOUT_MS = HARD_TIMEOUT_MS - SOFT_TIMEOUT_MS;

/** Of a shared store that has no locks. */
const NO_LOCK: LoadLock = { release: async () => undefined };

/** What locks of the shared tier need. */
export interface SharedLocksOptions {
  readonly shared: SharedStore;
  readonly copies: LocalCopies;
  readonly calls: TierCalls;
}

/** Locks that the shared tier keeps for all instances. */
export class SharedLocks {
  readonly #options: SharedLocksOptions;

  constructor(options: SharedLocksOptions) {
    this.#options = options;
  }

  /**
   * Takes the lock of a key.
   * @param lifeMs when it ends by itself, in milliseconds
   * @returns `undefined`: another instance has it
   * @throws CacheTimeoutError, and what the shared tier throws
   */
  async take(key: string, lifeMs: number): Promise<LoadLock | undefined> {
    const { shared, copies, calls } = this.#options;
    if (shared.lock === undefined) return NO_LOCK;
    calls.admit();
    // What others have stored before they let go is not known to reads that are under way.
    copies.told([key]);
    const asked = shared.lock(key, lifeMs);
    try {
      const lock = await calls.wait(LOCK_TIMEOUT_MS, asked);
      return lock && { release: () => calls.wait(HARD_TIMEOUT_MS, lock.release()) };
    } catch (error) {
      // One that is got too late would lock everybody out.
      asked.then((lock) => lock?.release()).then(undefined, () => undefined);
      throw error;
    }
  }
}
