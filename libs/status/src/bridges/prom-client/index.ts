export { MetricNameTakenError } from './prom-client.errors.js';
export { PromClientModule } from './prom-client.module.js';
export type {
  PromClientModuleAsyncOptions,
  PromClientModuleOptions,
} from './prom-client.options.js';
