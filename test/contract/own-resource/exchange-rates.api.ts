import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { InjectConfig } from 'nestjs-mainstay/config';
import {
  Resource,
  type BootPolicy,
  type InitializationStep,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import { exchangeRatesConfig, type ExchangeRatesConfig } from './exchange-rates.config.js';

/** The API answered with an error; its status tells error detection what kind of error it is. */
export class ExchangeRatesError extends Error {
  constructor(
    readonly status: number,
    answer: string,
  ) {
    super(`The exchange rates API answered ${status}: ${answer}`);
  }
}

/** How the API is initialised, probed and closed. */
@Injectable()
export class ExchangeRatesApi extends Resource {
  readonly name = 'exchange-rates';
  override readonly boot: BootPolicy;
  /** `rate` falls back to the last known rate: while the API is away, the resource is degraded, not down. */
  override readonly hasFallback = true;
  readonly #url: string;
  #connections: Agent | undefined;

  constructor(@InjectConfig(exchangeRatesConfig) config: ExchangeRatesConfig) {
    super();
    this.boot = config.boot;
    this.#url = config.url;
  }

  protected steps(): InitializationStep[] {
    return [
      { name: 'create connection', run: () => this.#connect() },
      { name: 'test connection', timeoutMs: 2_000, run: (signal) => this.#ping(signal) },
    ];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    await this.#ping(signal);
    return { capabilities: { read: true, write: true } };
  }

  /** Also called after a failed initialisation, so that every step may be repeated. */
  async close(): Promise<void> {
    this.#connections?.destroy();
    this.#connections = undefined;
  }

  /** One round trip. Passes the signal on: it aborts at the try's timeout and when the caller gives up. */
  call(method: string, path: string, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.#url);
      const options = { method, signal, agent: this.#connections };
      const sent = request(url, options, (response) => {
        const { statusCode = 0 } = response;
        text(response)
          .then((body) => {
            if (statusCode < 400) resolve(body);
            else reject(new ExchangeRatesError(statusCode, body));
          })
          .catch(reject);
      });
      sent.on('error', reject).end();
    });
  }

  #connect(): void {
    this.#connections = new Agent({ keepAlive: true });
  }

  async #ping(signal: AbortSignal): Promise<void> {
    await this.call('GET', '/health', signal);
  }
}
