import type { InjectionToken, OptionalFactoryDependency, Provider } from '@nestjs/common';
import { ConfigLoader } from './config-loader.js';
import type { ConfigRequest } from './config-request.js';

/** Overrides that are made by a factory, as `forRootAsync` takes one. */
export interface LateOverrides<T extends object> {
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Gives values that win over the environment; validated on arrival. */
  readonly useFactory: (
    ...args: never[]
  ) => Partial<T> | undefined | Promise<Partial<T> | undefined>;
}

/**
 * The providers that make a validated, frozen configuration injectable. The module needs `imports: [ConfigModule]`.
 * @param token what the configuration is injected by
 * @param late overrides from a `forRootAsync` factory
 * @example
 * providers: [...provideConfig(PAYMENTS_CONFIG, new ConfigRequest(paymentsConfig))]
 */
export function provideConfig<T extends object>(
  token: InjectionToken,
  request: ConfigRequest<T>,
  late?: LateOverrides<T>,
): Provider[] {
  if (late === undefined) {
    return [
      carry(request),
      {
        provide: token,
        inject: [ConfigLoader],
        useFactory: (loader: ConfigLoader) => loader.get(request),
      },
    ];
  }
  const awaiting = request.awaitingOverrides();
  const make = late.useFactory as (
    ...args: unknown[]
  ) => Partial<T> | undefined | Promise<Partial<T> | undefined>;
  return [
    carry(awaiting),
    {
      provide: token,
      inject: [ConfigLoader, ...(late.inject ?? [])],
      useFactory: async (loader: ConfigLoader, ...args: unknown[]) =>
        loader.getWith(awaiting, await make(...args)),
    },
  ];
}

/** A plain value is there as soon as its module is scanned, before any provider is built. */
function carry(request: ConfigRequest): Provider {
  return { provide: Symbol(`ConfigRequest(${request.label})`), useValue: request };
}
