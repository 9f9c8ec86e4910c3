import type Joi from 'joi';
import { describeKeys, type ConfigKey } from './config-key.js';

declare const TYPE: unique symbol;

/** What one module reads from the environment: a namespace and a schema. Made by {@link defineConfig}. */
export interface ConfigDefinition<T extends object = object> {
  /** First part of every variable: `cache` reads `CACHE_*`. */
  readonly namespace: string;
  /** Validates, converts and gives the defaults. */
  readonly schema: Joi.ObjectSchema;
  /** The keys of the schema, described once. */
  readonly keys: readonly ConfigKey[];
  /** Only a type: what the schema gives. */
  readonly [TYPE]?: T;
}

/**
 * Declares the configuration of a module. Each key of the schema is one variable: namespace `cache`, key `maxEntries`
 * reads `CACHE_MAX_ENTRIES`. Give every key a `.description()`, an `.example()`, and a `.default()` unless it is
 * required or may be absent. `.meta({ secret: true })` masks a value wholly in reports.
 * @example
 * export const paymentsConfig = defineConfig<PaymentsConfig>('payments', Joi.object({
 *   url: urlSchema({ protocols: ['https:'] }).required().description('The payment API.').example('https://pay.example'),
 *   timeoutMs: durationSchema().default('2s').description('How long a call may take.').example('500ms'),
 * }));
 */
export function defineConfig<T extends object>(
  namespace: string,
  schema: Joi.ObjectSchema<T>,
): ConfigDefinition<T> {
  return Object.freeze({ namespace, schema, keys: describeKeys(schema) });
}
