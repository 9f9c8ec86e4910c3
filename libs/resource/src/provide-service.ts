import type { InjectionToken, Provider } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { provideConfig, type ConfigRequest, type LateOverrides } from 'nestjs-mainstay/config';
import { Operations } from './operations.js';
import { ResourceInitializer } from './resource-initializer.js';
import type { Resource } from './resource.js';

/** One instance of a module: its configuration, the resource made of it, and the service that users inject. */
export interface ServiceBlueprint<
  Config extends object,
  Own extends Resource,
  Service,
  Parts = undefined,
> {
  /** What the service is injected by. */
  readonly token: InjectionToken;
  /** What the configuration is injected by. */
  readonly configToken: InjectionToken;
  readonly config: ConfigRequest<Config>;
  /** Overrides from a `forRootAsync` factory. */
  readonly late?: LateOverrides<Config> | undefined;
  /** What the resource is made of beside its configuration, as a provider of the module. @default nothing */
  readonly partsToken?: InjectionToken<Parts> | undefined;
  /** May load what it needs first: the time of its initialisation has not begun yet. */
  readonly createResource: (config: Config, clock: Clock, parts: Parts) => Own | Promise<Own>;
  readonly createService: (resource: Own, operations: Operations) => Service;
}

/**
 * The providers of a module with one resource and one service. The service is made before its resource is started, and
 * injected after: what is injected is initialised, or knowingly degraded. The module needs
 * `imports: [ClockModule, ConfigModule, ResourceModule]`.
 */
export function provideService<
  Config extends object,
  Own extends Resource,
  Service,
  Parts = undefined,
>(blueprint: ServiceBlueprint<Config, Own, Service, Parts>): Provider[] {
  const { token, configToken, config, late, partsToken, createResource, createService } = blueprint;
  const resourceToken = Symbol(`Resource of ${String(configToken)}`);
  return [
    ...provideConfig(configToken, config, late),
    {
      provide: resourceToken,
      inject: [configToken, Clock, ...(partsToken === undefined ? [] : [partsToken])],
      useFactory: createResource,
    },
    {
      provide: token,
      inject: [resourceToken, Operations, ResourceInitializer],
      useFactory: async (
        resource: Own,
        operations: Operations,
        initializer: ResourceInitializer,
      ) => {
        const service = createService(resource, operations);
        await initializer.start(resource);
        return service;
      },
    },
  ];
}
