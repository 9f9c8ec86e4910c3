import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { DataSourceOptions, EntitySchema } from 'typeorm';
import type { DatabaseConfig } from './database.config.js';

/** An entity: a class with `@Entity()`, or an `EntitySchema`. */
export type DatabaseEntity = Function | EntitySchema;

/** Options of `DatabaseModule.forRoot`. */
export interface DatabaseModuleOptions {
  /** Name of a further instance; `reports` reads `DATABASE_REPORTS_*` and is injected by `InjectDatabase('reports')`. */
  readonly name?: string;
  /** Whether `DatabaseService` is visible in every module. @default false */
  readonly isGlobal?: boolean;
  /** Configuration in code; wins over the environment. */
  readonly config?: Partial<DatabaseConfig>;
  /** Entities; those of `forFeature` are added. */
  readonly entities?: readonly DatabaseEntity[];
  /** Migration classes; run in order at the start, under a lock. */
  readonly migrations?: readonly Function[];
  /** Subscribers of TypeORM. */
  readonly subscribers?: readonly Function[];
  /** Further options of TypeORM, of those that every engine has. */
  readonly typeorm?: Pick<
    DataSourceOptions,
    | 'logger'
    | 'logging'
    | 'maxQueryExecutionTime'
    | 'namingStrategy'
    | 'entityPrefix'
    | 'migrationsTableName'
    | 'metadataTableName'
  >;
}

/** What a factory of `DatabaseModule.forRootAsync` gives. */
export type DatabaseLateOptions = Omit<DatabaseModuleOptions, 'name' | 'isGlobal'>;

/** Options of `DatabaseModule.forRootAsync`. */
export interface DatabaseModuleAsyncOptions extends Omit<DatabaseModuleOptions, 'config'> {
  /** Modules that provide what the factory injects. */
  readonly imports?: ModuleMetadata['imports'];
  /** What the factory gets. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  /** Gives options that win over those beside it and over the environment. */
  readonly useFactory: (
    ...dependencies: never[]
  ) => DatabaseLateOptions | Promise<DatabaseLateOptions>;
}
