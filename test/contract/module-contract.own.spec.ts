import { describeModuleContract } from 'nestjs-mainstay/testing/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it, vi } from 'vitest';
import { SECRET } from './module-contract/secret.js';
import { ExchangeRatesModule } from './own-resource/exchange-rates.module.js';
import { ExchangeRates } from './own-resource/exchange-rates.service.js';
import { RatesServer } from './own-resource/rates-server.js';

const api = new RatesServer();

beforeAll(() => api.start());
afterAll(() => api.stop());
beforeEach(() => {
  vi.stubEnv('EXCHANGE_RATES_URL', `http://user:${SECRET}@127.0.0.1:${api.port}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('status rule 17: the module contract, on a resource of the application', () => {
  describeModuleContract(
    { describe, it },
    {
      name: 'ExchangeRatesModule (docs/guide/own-resource.md)',
      resource: 'exchange-rates',
      secret: SECRET,
      imports: ({ boot }) => {
        vi.stubEnv('EXCHANGE_RATES_BOOT', boot);
        return [ExchangeRatesModule];
      },
      operation: {
        name: 'order',
        call: (app, data) => app.get(ExchangeRates, { strict: false }).order(data),
      },
      mistake: (app) => {
        api.statuses.push(404);
        return app.get(ExchangeRates, { strict: false }).order('XXX');
      },
      hasInstances: false,
      dependency: {
        fail: () => api.stop(),
        comeBack: async () => {
          if (!api.isRunning) await api.start();
        },
      },
    },
  );
});
