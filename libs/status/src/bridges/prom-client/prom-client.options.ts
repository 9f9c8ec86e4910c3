import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { Registry } from 'prom-client';

/** Options of {@link PromClientModule.forRoot}. */
export interface PromClientModuleOptions {
  /**
   * Where the metrics appear.
   * @default prom-client's global registry, `register`
   */
  readonly registry?: Registry;
  /**
   * Whether `process_*` and `nodejs_*` appear, too. Switch them off where `collectDefaultMetrics()` of prom-client already
   * fills the same registry: some of its metrics have the same names.
   * @default true
   */
  readonly processMetrics?: boolean;
}

/** Options of {@link PromClientModule.forRootAsync}. */
export interface PromClientModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  readonly useFactory: (
    ...args: never[]
  ) => PromClientModuleOptions | Promise<PromClientModuleOptions>;
}
