import { pipelinePresets, ResiliencePipeline } from 'nestjs-mainstay/resilience';

/** Its status tells error detection what kind of error it is; its headers, how long to wait (`Retry-After`). */
export class PaymentsError extends Error {
  readonly status: number;
  readonly headers: Headers;

  constructor({ status, headers }: Response) {
    super(`The payments API answered ${status}.`);
    this.status = status;
    this.headers = headers;
  }
}

/** Payments of a partner, over HTTP. */
export class Payments {
  readonly #url: string;
  readonly #pipeline = new ResiliencePipeline('payments', pipelinePresets.http);
  readonly #find = this.#pipeline.bind<string, string>('find', { idempotent: true });
  readonly #charge = this.#pipeline.bind<string, string>('charge');

  constructor(url: string) {
    this.#url = url;
  }

  /** A read: tried up to three times. `caller` cancels the whole call. */
  find(id: string, caller?: AbortSignal): Promise<string> {
    const call = { signal: caller };
    return this.#pipeline.run(
      this.#find,
      (key, { signal }) => this.#send('GET', key, signal),
      id,
      call,
    );
  }

  /** Sent once, unless it is certain that nothing was sent. */
  charge(id: string): Promise<string> {
    return this.#pipeline.run(
      this.#charge,
      (key, { signal }) => this.#send('POST', key, signal),
      id,
    );
  }

  async #send(method: string, id: string, signal: AbortSignal): Promise<string> {
    const response = await fetch(new URL(`payments/${id}`, this.#url), { method, signal });
    if (!response.ok) throw new PaymentsError(response);
    return response.text();
  }
}
