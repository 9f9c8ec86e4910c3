import { Injectable } from '@nestjs/common';
import { InjectConfig } from 'nestjs-mainstay/config';
import { type BoundOperation, Operation, Operations } from 'nestjs-mainstay/resource';
import { ExchangeRatesApi, ExchangeRatesError } from './exchange-rates.api.js';
import { exchangeRatesConfig, type ExchangeRatesConfig } from './exchange-rates.config.js';

/** What the application injects. */
@Injectable()
export class ExchangeRates {
  readonly #api: ExchangeRatesApi;
  readonly #rate: BoundOperation;
  readonly #order: BoundOperation;
  readonly #lastKnown = new Map<string, number>();

  constructor(
    api: ExchangeRatesApi,
    operations: Operations,
    @InjectConfig(exchangeRatesConfig) config: ExchangeRatesConfig,
  ) {
    this.#api = api;
    const ofApi = operations.of(api, {
      tryTimeoutMs: config.timeoutMs,
      totalTimeoutMs: 3 * config.timeoutMs,
      rules: [planUsedUp],
    });
    this.#rate = ofApi.bind<string, number>('rate', {
      idempotent: true,
      proves: 'read',
      fallback: (error, currency) => this.#lastKnownRate(currency, error),
    });
    this.#order = ofApi.bind('order', { proves: 'write' });
  }

  /** The rate of a currency: retried, and the last known one while the API is away. */
  rate(currency: string): Promise<number> {
    return this.#rate.run(async (code, { signal }) => {
      const rate = Number(await this.#api.call('GET', `/rates/${code}`, signal));
      this.#lastKnown.set(code, rate);
      return rate;
    }, currency);
  }

  /** Orders currency. Never sent twice; `false` when the API is away. */
  order(currency: string): Promise<boolean> {
    return this.#order.runOrElse(
      false,
      async (code, { signal }) => {
        await this.#api.call('POST', `/orders/${code}`, signal);
        return true;
      },
      currency,
    );
  }

  /** Any method can be an operation of the application: recorded and intercepted, not retried. */
  @Operation('convert')
  async convert(amount: number, currency: string): Promise<number> {
    return amount * (await this.rate(currency));
  }

  #lastKnownRate(currency: string, error: unknown): number {
    const rate = this.#lastKnown.get(currency);
    if (rate === undefined) throw error;
    return rate;
  }
}

/** The API says 402 when the plan is used up; without this rule that would be a mistake of the caller. */
function planUsedUp(error: unknown) {
  if (!(error instanceof ExchangeRatesError) || error.status !== 402) return undefined;
  return { kind: 'throttled', type: 'PLAN_USED_UP', retryAfterMs: 1_000 } as const;
}
