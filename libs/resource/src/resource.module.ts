import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { ConfigLoader, ConfigModule } from 'nestjs-mainstay/config';
import { CHAOS, requireChaosAllowed, StagedChaos } from 'nestjs-mainstay/resilience';
import { OPERATION_INTERCEPTORS, type OperationInterceptor } from './operation-interceptor.js';
import { ResourceCoreModule } from './resource-core.module.js';
import { DRAIN_TIMEOUT_MS } from './resource-shutdown.js';

/** Options of {@link ResourceModule.forRoot}. */
export interface ResourceModuleOptions {
  /** Interceptors of all operations, outermost first. Their dependencies are injected. */
  readonly interceptors?: readonly Type<OperationInterceptor>[];
  /**
   * How long operations in flight are waited for at shutdown, before they are cancelled and resources close.
   * @default 2000 ms
   */
  readonly drainTimeoutMs?: number;
  /** Modules that provide what the interceptors inject. */
  readonly imports?: DynamicModule['imports'];
  /** Faults to stage, innermost in all operations; also injectable as `StagedChaos`. Refused in production. */
  readonly chaos?: StagedChaos;
}

/**
 * Makes the resources of an application start, run and stop. The modules of Mainstay import it; an application imports
 * it for its own resources, and once with `forRoot` when it has interceptors.
 *
 * @example
 * \@Module({ imports: [ResourceModule], providers: [PaymentsApi], exports: [PaymentsApi] })
 * export class PaymentsModule {}
 */
@Module({ imports: [ResourceCoreModule], exports: [ResourceCoreModule] })
export class ResourceModule {
  /**
   * Sets what concerns all operations of the application: interceptors, what is staged, how long the shutdown waits.
   * @throws ChaosRefusedError at the start, where `chaos` is given in production; see {@link StagedChaos}
   */
  static forRoot(options: ResourceModuleOptions = {}): DynamicModule {
    const { imports = [], interceptors = [], chaos, drainTimeoutMs } = options;
    return {
      module: ResourceModule,
      global: true,
      imports: [...imports, ...(chaos ? [ConfigModule] : [])],
      providers: [
        ...provideInterceptors(interceptors),
        { provide: DRAIN_TIMEOUT_MS, useValue: drainTimeoutMs },
        ...(chaos ? provideChaos(chaos) : []),
      ],
      exports: [OPERATION_INTERCEPTORS, DRAIN_TIMEOUT_MS, ...(chaos ? [CHAOS, StagedChaos] : [])],
    };
  }
}

function provideInterceptors(interceptors: readonly Type<OperationInterceptor>[]): Provider[] {
  return [
    ...interceptors,
    {
      provide: OPERATION_INTERCEPTORS,
      inject: [...interceptors],
      useFactory: (...instances: OperationInterceptor[]) => instances,
    },
  ];
}

/** What reads the application's variables may know of production what the process does not. */
function provideChaos(chaos: StagedChaos): Provider[] {
  const useFactory = (config: ConfigLoader): StagedChaos => {
    if (config.isProduction) requireChaosAllowed();
    return chaos;
  };
  return [
    { provide: CHAOS, inject: [ConfigLoader], useFactory },
    { provide: StagedChaos, useExisting: CHAOS },
  ];
}
