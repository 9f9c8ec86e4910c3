import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { OPERATION_INTERCEPTORS, type OperationInterceptor } from './operation-interceptor.js';
import { ResourceCoreModule } from './resource-core.module.js';

/** Options of {@link ResourceModule.forRoot}. */
export interface ResourceModuleOptions {
  /** Interceptors of all operations, outermost first. Their dependencies are injected. */
  readonly interceptors?: readonly Type<OperationInterceptor>[];
  /** Modules that provide what the interceptors inject. */
  readonly imports?: DynamicModule['imports'];
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
  /** Sets the interceptors of all operations of the application. */
  static forRoot(options: ResourceModuleOptions = {}): DynamicModule {
    const interceptors = [...(options.interceptors ?? [])];
    return {
      module: ResourceModule,
      global: true,
      imports: options.imports ?? [],
      providers: [
        ...interceptors,
        {
          provide: OPERATION_INTERCEPTORS,
          inject: interceptors,
          useFactory: (...instances: OperationInterceptor[]) => instances,
        },
      ],
      exports: [OPERATION_INTERCEPTORS],
    };
  }
}
