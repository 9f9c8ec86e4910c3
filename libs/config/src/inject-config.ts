import { Inject } from '@nestjs/common';
import type { ConfigDefinition } from './config-definition.js';

/** The token of a configuration that `ConfigModule.forFeature()` provides. */
export function getConfigToken(definition: ConfigDefinition, instance?: string): string {
  const name = `mainstay.config:${definition.namespace}`;
  return instance === undefined ? name : `${name}:${instance}`;
}

/**
 * Injects a configuration that `ConfigModule.forFeature()` provides.
 * @example
 * constructor(@InjectConfig(paymentsConfig) private readonly config: PaymentsConfig) {}
 */
export function InjectConfig(
  definition: ConfigDefinition,
  instance?: string,
): PropertyDecorator & ParameterDecorator {
  return Inject(getConfigToken(definition, instance));
}
