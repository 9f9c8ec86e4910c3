import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';

/** An entity, a migration or a subscriber: a class, or for an entity also an `EntitySchema`. */
export type DatabaseClass = Function | object;

/**
 * Options of the database: those of `DatabaseModule.forRoot`, written without TypeORM's own types, so that an
 * application that has the database switched off compiles without TypeORM.
 */
export interface MainstayDatabaseOptions {
  /** Entities; those of `DatabaseModule.forFeature` are added. */
  readonly entities?: readonly DatabaseClass[];
  /** Migration classes; run in order at the start, under a lock. */
  readonly migrations?: readonly DatabaseClass[];
  /** Subscribers of TypeORM. */
  readonly subscribers?: readonly DatabaseClass[];
  /** Configuration in code, with the keys of `DatabaseConfig`; wins over the environment. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Options of the database that a factory makes; those of `DatabaseModule.forRootAsync`. */
export interface MainstayDatabaseAsyncOptions extends Omit<MainstayDatabaseOptions, 'config'> {
  /** Modules that provide what the factory injects. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  /** Gives options that win over those beside it and over the environment. */
  readonly useFactory: (
    ...dependencies: never[]
  ) => MainstayDatabaseOptions | Promise<MainstayDatabaseOptions>;
}
