import type { CustomPolicy } from 'nestjs-mainstay/resilience';

/** One try at a time, for a device that answers nobody when two ask. */
export class OneAtATime implements CustomPolicy {
  #last: Promise<unknown> = Promise.resolve();

  execute<R>(
    work: (context: { readonly signal: AbortSignal }) => R | PromiseLike<R>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<R> {
    const mine = this.#last.then(() => {
      signal.throwIfAborted();
      return work({ signal });
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
