import type { CallObserver } from './call-observer.js';
import type { Classification } from './classification.js';
import { ListenerErrors } from './listener-errors.js';

/** Makes an observer safe to call from an operation: what it throws is counted and logged, and changes nothing. @internal */
export function guardObserver(observer: CallObserver): CallObserver {
  return new GuardedObserver(observer);
}

/** Written out instead of composed of closures: it is on the path of every operation. */
class GuardedObserver implements CallObserver {
  readonly #inner: CallObserver;
  readonly #errors = new ListenerErrors('CallObserver');

  constructor(inner: CallObserver) {
    this.#inner = inner;
  }

  begun(): void {
    try {
      this.#inner.begun();
    } catch (error) {
      this.#report(error);
    }
  }

  succeeded(result: unknown, durationMs: number): void {
    try {
      this.#inner.succeeded(result, durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  failed(failure: Classification, durationMs: number): void {
    try {
      this.#inner.failed(failure, durationMs);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#errors.report('Observing a call', error);
  }
}
