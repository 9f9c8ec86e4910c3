/** Something that ends when its caller aborts. */
export interface Abortable {
  onAbort(): void;
}

/**
 * Tells calls of the abort of their callers' signals, with one listener a signal: thousands of calls that share one
 * neither pile up listeners on it nor pay for each other.
 */
export class AbortWatch {
  readonly #watches = new WeakMap<AbortSignal, SignalWatch>();

  /** Calls `entry.onAbort()` when the signal aborts; not if it has aborted already. */
  add(signal: AbortSignal, entry: Abortable): void {
    let watch = this.#watches.get(signal);
    if (!watch) {
      watch = new SignalWatch(signal);
      this.#watches.set(signal, watch);
    }
    watch.add(entry);
  }

  remove(signal: AbortSignal, entry: Abortable): void {
    this.#watches.get(signal)?.remove(entry);
  }
}

class SignalWatch {
  readonly #signal: AbortSignal;
  readonly #entries = new Set<Abortable>();
  readonly #onAbort = (): void => {
    for (const entry of this.#entries) entry.onAbort();
    this.#entries.clear();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(entry: Abortable): void {
    if (this.#entries.size === 0) {
      this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#entries.add(entry);
  }

  remove(entry: Abortable): void {
    if (!this.#entries.delete(entry) || this.#entries.size > 0) return;
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
