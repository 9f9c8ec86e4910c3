import { Inject, Injectable } from '@nestjs/common';
import { pipelinePresets, Resilient } from 'nestjs-mainstay/resilience';

/** Where the API is. */
export const RATES_URL = Symbol('RATES_URL');

/** Exchange rates of a partner, over HTTP. */
@Injectable()
export class RatesClient {
  readonly #lastKnown = new Map<string, number>();

  constructor(@Inject(RATES_URL) private readonly url: string) {}

  @Resilient({
    resource: 'rates',
    pipeline: pipelinePresets.http,
    idempotent: true,
    fallback: 'lastKnown',
    signalParameter: 1,
  })
  async rate(currency: string, signal?: AbortSignal): Promise<number> {
    const answer = await this.#send('GET', currency, signal);
    this.#lastKnown.set(currency, Number(answer));
    return Number(answer);
  }

  /** The same resource: the same breaker. Not idempotent: never sent twice. */
  @Resilient({ resource: 'rates', tryTimeoutMs: 2_000, signalParameter: 1 })
  async order(currency: string, signal?: AbortSignal): Promise<void> {
    await this.#send('POST', currency, signal);
  }

  /** What `rate` gives while the API is away. */
  lastKnown(error: unknown, currency: string): number {
    const rate = this.#lastKnown.get(currency);
    if (rate === undefined) throw error;
    return rate;
  }

  async #send(method: string, currency: string, signal: AbortSignal | undefined): Promise<string> {
    const response = await fetch(new URL(currency, this.url), { method, signal: signal ?? null });
    if (response.ok) return response.text();
    throw Object.assign(new Error(`The rates API answered ${response.status}.`), {
      status: response.status,
    });
  }
}
