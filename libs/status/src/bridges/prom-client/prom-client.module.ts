import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { register } from 'prom-client';
import { MetricRegistry } from '../../metrics/metric-registry.js';
import { PromClientBridge } from './prom-client-bridge.js';
import type {
  PromClientModuleAsyncOptions,
  PromClientModuleOptions,
} from './prom-client.options.js';

const OPTIONS = Symbol('PROM_CLIENT_OPTIONS');

/**
 * Shows the metrics of StatusModule in a registry of prom-client, with the same names and the same numbers: for an
 * application that has its `/metrics` already. Needs StatusModule, and `prom-client` ^15.
 *
 * @example
 * \@Module({ imports: [MainstayModule.forRoot(), PromClientModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class PromClientModule {
  /** @throws MetricNameTakenError (at the start) when the registry has other metrics of the same names */
  static forRoot(options: PromClientModuleOptions = {}): DynamicModule {
    return assemble([], { provide: OPTIONS, useValue: options });
  }

  /** The same options, made by a factory. */
  static forRootAsync(options: PromClientModuleAsyncOptions): DynamicModule {
    const { imports = [], inject = [], useFactory } = options;
    return assemble(imports, { provide: OPTIONS, inject: [...inject], useFactory });
  }
}

function assemble(
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider,
): DynamicModule {
  return {
    module: PromClientModule,
    imports,
    providers: [
      options,
      { provide: PromClientBridge, inject: [MetricRegistry, OPTIONS], useFactory: createBridge },
    ],
  };
}

function createBridge(metrics: MetricRegistry, options: PromClientModuleOptions): PromClientBridge {
  const { registry = register, processMetrics = true } = options;
  return new PromClientBridge(metrics, registry, processMetrics);
}
