import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { metrics as globalMetrics, trace, type Meter } from '@opentelemetry/api';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import {
  BRIDGE_INTERCEPTORS,
  ResourceModule,
  ResourceRegistry,
  type OperationInterceptor,
} from 'nestjs-mainstay/resource';
import { MetricRegistry } from '../../metrics/metric-registry.js';
import { SCOPE } from './attributes.js';
import type {
  OpenTelemetryModuleAsyncOptions,
  OpenTelemetryModuleOptions,
} from './opentelemetry.options.js';
import { OperationDurations } from './operation-durations.js';
import { OperationSubjects } from './operation-subjects.js';
import { StateObserver } from './state-observer.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';

const OPTIONS = Symbol('OPENTELEMETRY_OPTIONS');

/**
 * Gives every operation an OpenTelemetry span and a duration, and lets readers observe health, breakers, retries and
 * fallbacks. It knows `@opentelemetry/api` only: sampling, export and context are the SDK's, which must have been started
 * before the application. States are those of StatusModule; without it there are spans and durations.
 *
 * @example
 * \@Module({ imports: [MainstayModule.forRoot(), OpenTelemetryModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class OpenTelemetryModule {
  static forRoot(options: OpenTelemetryModuleOptions = {}): DynamicModule {
    return assemble([], { provide: OPTIONS, useValue: options });
  }

  /** The same options, made by a factory. */
  static forRootAsync(options: OpenTelemetryModuleAsyncOptions): DynamicModule {
    const { imports = [], inject = [], useFactory } = options;
    return assemble(imports, { provide: OPTIONS, inject: [...inject], useFactory });
  }
}

function assemble(
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider,
): DynamicModule {
  return {
    module: OpenTelemetryModule,
    global: true,
    imports: [ClockModule, ResourceModule, ...imports],
    providers: [
      options,
      {
        provide: BRIDGE_INTERCEPTORS,
        inject: [Clock, ResourceRegistry, OPTIONS],
        useFactory: createInterceptors,
      },
      {
        provide: StateObserver,
        inject: [OPTIONS, { token: MetricRegistry, optional: true }],
        useFactory: createObserver,
      },
    ],
    exports: [BRIDGE_INTERCEPTORS],
  };
}

function createInterceptors(
  clock: Clock,
  registry: ResourceRegistry,
  options: OpenTelemetryModuleOptions,
): readonly OperationInterceptor[] {
  const { tracerProvider = trace.getTracerProvider(), spans = true } = options;
  const tracer = spans ? tracerProvider.getTracer(SCOPE) : undefined;
  const meter = meterOf(options);
  const durations = meter && new OperationDurations(meter);
  if (!tracer && !durations) return [];
  const subjects = new OperationSubjects(registry);
  return [new TelemetryInterceptor({ clock, subjects, tracer, durations })];
}

function createObserver(
  options: OpenTelemetryModuleOptions,
  metrics?: MetricRegistry,
): StateObserver | undefined {
  const meter = meterOf(options);
  return meter && metrics && new StateObserver(metrics, meter);
}

function meterOf({ meterProvider, metrics = true }: OpenTelemetryModuleOptions): Meter | undefined {
  if (!metrics) return undefined;
  return (meterProvider ?? globalMetrics.getMeterProvider()).getMeter(SCOPE);
}
