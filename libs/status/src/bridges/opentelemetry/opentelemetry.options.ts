import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

/** Options of {@link OpenTelemetryModule.forRoot}. */
export interface OpenTelemetryModuleOptions {
  /** @default the global one, as it is when the application starts */
  readonly meterProvider?: MeterProvider;
  /** @default the global one */
  readonly tracerProvider?: TracerProvider;
  /**
   * Whether each operation has a span.
   * @default true
   */
  readonly spans?: boolean;
  /**
   * Whether operations are timed and states are observed.
   * @default true
   */
  readonly metrics?: boolean;
}

/** Options of {@link OpenTelemetryModule.forRootAsync}. */
export interface OpenTelemetryModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  readonly useFactory: (
    ...args: never[]
  ) => OpenTelemetryModuleOptions | Promise<OpenTelemetryModuleOptions>;
}
