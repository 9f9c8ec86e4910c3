import type { OperationContext } from './operation.js';

/** The {@link OperationContext} of one try; its signal costs nothing until it is read. */
export class TryContext implements OperationContext {
  readonly resource: string;
  readonly operation: string;
  readonly tryNumber: number;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(resource: string, operation: string, tryNumber: number) {
    this.resource = resource;
    this.operation = operation;
    this.tryNumber = tryNumber;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal, now or as soon as it is read. */
  abort(reason: Error): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
