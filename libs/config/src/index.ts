export { defineConfig, type ConfigDefinition } from './config-definition.js';
export type { ConfigKey } from './config-key.js';
export { ConfigLoader } from './config-loader.js';
export { ConfigRequest, type ConfigRequestOptions } from './config-request.js';
export { ConfigurationError } from './config.errors.js';
export { ConfigModule } from './config.module.js';
export type { ConfigModuleOptions } from './config.options.js';
export { getConfigToken, InjectConfig } from './inject-config.js';
export { provideConfig, type LateOverrides } from './provide-config.js';
export { generateConfigTable } from './reference/config-table.js';
export { generateEnvExample } from './reference/env-example.js';
export {
  bootSchema,
  criticalitySchema,
  type Boot,
  type Criticality,
} from './schemas/behaviour.schema.js';
export { durationSchema, sizeSchema } from './schemas/quantity.schema.js';
export { urlSchema, type UrlSchemaOptions } from './schemas/url.schema.js';
export type { ConfigViolation } from './violation.js';
