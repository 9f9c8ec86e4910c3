/** A session with the {@link PartsBroker}; lost with the outage that follows it. */
export interface PartsSession {
  /** One round trip. */
  send(signal: AbortSignal): Promise<void>;
}

/** Something to depend on, in memory: it can be away and it can hang. */
export class PartsBroker {
  #isAway = false;
  #hanging: { readonly promise: Promise<void>; readonly end: () => void } | undefined;
  #outages = 0;

  /** Begins a session. @throws as a socket does, while it is away */
  async connect(signal: AbortSignal): Promise<PartsSession> {
    await this.#answer(signal, this.#outages);
    const begunAt = this.#outages;
    return { send: (sendSignal) => this.#answer(sendSignal, begunAt) };
  }

  fail(): void {
    this.#isAway = true;
    this.#outages++;
  }

  hang(): void {
    let end = (): void => undefined;
    const promise = new Promise<void>((resolve) => (end = resolve));
    this.#hanging ??= { promise, end };
  }

  comeBack(): void {
    this.#isAway = false;
    this.#hanging?.end();
    this.#hanging = undefined;
  }

  /** Resolves when it does not hang. */
  async answers(): Promise<void> {
    await this.#hanging?.promise;
  }

  async #answer(signal: AbortSignal, begunAt: number): Promise<void> {
    if (this.#hanging) await Promise.race([this.#hanging.promise, aborted(signal)]);
    if (this.#isAway) throw socketError('ECONNREFUSED');
    if (begunAt !== this.#outages) throw socketError('ECONNRESET');
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function socketError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });
}
