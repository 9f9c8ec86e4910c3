import type { OperationContext } from './operation.js';

/** The {@link OperationContext} of one try; its signal costs nothing until it is read. */
export abstract class TryContext implements OperationContext {
  readonly tryNumber: number;
  abstract readonly startedAt: number;
  readonly #operation: { readonly resource: string; readonly name: string };
  #controller: AbortController | undefined = undefined;
  #abortReason: Error | undefined = undefined;

  constructor(operation: { readonly resource: string; readonly name: string }, tryNumber: number) {
    this.#operation = operation;
    this.tryNumber = tryNumber;
  }

  get resource(): string {
    return this.#operation.resource;
  }

  get operation(): string {
    return this.#operation.name;
  }

  /** Whether somebody may still listen to {@link signal}. */
  get isSignalRead(): boolean {
    return this.#controller !== undefined;
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
