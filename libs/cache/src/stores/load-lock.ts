/** Held by the one instance that loads a key, for as long as it does, and no longer than a load may take. */
export interface LoadLock {
  /** Lets others load the key; does nothing where the lock has ended by itself. */
  release(): PromiseLike<void>;
}
