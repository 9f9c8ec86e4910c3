import Joi from 'joi';
import { bootSchema, defineConfig, durationSchema, urlSchema } from 'nestjs-mainstay/config';
import type { BootPolicy } from 'nestjs-mainstay/resource';

export interface ExchangeRatesConfig {
  readonly url: string;
  readonly timeoutMs: number;
  readonly boot: BootPolicy;
}

/** Reads EXCHANGE_RATES_URL, EXCHANGE_RATES_TIMEOUT_MS and EXCHANGE_RATES_BOOT. */
export const exchangeRatesConfig = defineConfig<ExchangeRatesConfig>(
  'exchange-rates',
  Joi.object({
    url: urlSchema({ protocols: ['http:', 'https:'] })
      .required()
      .description('Where the exchange rates come from.')
      .example('https://rates.example'),
    timeoutMs: durationSchema()
      .default(1_000)
      .description('How long one try of a call may take.')
      .example('500ms'),
    boot: bootSchema(),
  }),
);
