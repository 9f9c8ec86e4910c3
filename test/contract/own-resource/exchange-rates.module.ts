import { Module } from '@nestjs/common';
import { ConfigModule } from 'nestjs-mainstay/config';
import { ResourceModule } from 'nestjs-mainstay/resource';
import { ExchangeRatesApi } from './exchange-rates.api.js';
import { exchangeRatesConfig } from './exchange-rates.config.js';
import { ExchangeRates } from './exchange-rates.service.js';

@Module({
  imports: [ResourceModule, ConfigModule.forFeature(exchangeRatesConfig)],
  providers: [ExchangeRatesApi, ExchangeRates],
  exports: [ExchangeRates],
})
export class ExchangeRatesModule {}
