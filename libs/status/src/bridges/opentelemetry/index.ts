export { OpenTelemetryModule } from './opentelemetry.module.js';
export type {
  OpenTelemetryModuleAsyncOptions,
  OpenTelemetryModuleOptions,
} from './opentelemetry.options.js';
