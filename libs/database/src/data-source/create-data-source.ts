import type { Clock } from 'nestjs-mainstay/common';
import type { Operations } from 'nestjs-mainstay/resource';
import type { DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../database.config.js';
import { DATABASE_PIPELINE, DatabaseOperations } from '../database-operations.js';
import type { DatabaseModuleOptions } from '../database.options.js';
import { loadSqliteEngine, toTypeormDriver } from '../sqlite/sqlite-driver.js';
import { parseSqliteUrl } from '../sqlite/sqlite-url.js';
import { MainstayDataSource } from './mainstay-data-source.js';

/** What {@link toDataSourceOptions} puts beside TypeORM's options, for {@link createDataSource}. */
const SETTINGS = Symbol('nestjs-mainstay.data-source-settings');

/** Where a data source lives. */
export interface DataSourceEnvironment {
  /** Name of the resource. */
  readonly name: string;
  readonly config: DatabaseConfig;
  readonly clock: Clock;
  readonly operations: Operations;
}

type Driver = ReturnType<typeof toTypeormDriver>;
type Settings = DataSourceEnvironment & { readonly driver: Driver };
type PreparedOptions = DataSourceOptions & { readonly [SETTINGS]: Settings };

/**
 * TypeORM's options for a configuration.
 * @throws MissingPeerError when the engine's package is not installed
 */
export async function toDataSourceOptions(
  environment: DataSourceEnvironment,
  options: DatabaseModuleOptions,
): Promise<PreparedOptions> {
  const driver = toTypeormDriver(await loadSqliteEngine());
  return {
    ...options.typeorm,
    type: 'better-sqlite3',
    database: parseSqliteUrl(environment.config.url) as string,
    driver,
    // The connection keeps its own prepared statements: query runners live for one statement only.
    statementCacheSize: 0,
    entities: [...(options.entities ?? [])],
    migrations: [...(options.migrations ?? [])],
    subscribers: [...(options.subscribers ?? [])],
    [SETTINGS]: { ...environment, driver },
  };
}

/**
 * Makes a data source whose repositories can be injected at once; it is not connected yet.
 * @throws DatabaseConfigurationError when the entities are not valid
 */
export function createDataSource(options: DataSourceOptions): Promise<MainstayDataSource> {
  const { name, config, clock, operations, driver } = (options as PreparedOptions)[SETTINGS];
  const dataSource = new MainstayDataSource(options, {
    name,
    clock,
    operations: new DatabaseOperations(operations.of({ name }, DATABASE_PIPELINE)),
    acquireTimeoutMs: config.acquireTimeout,
    transactionTimeoutMs: config.transactionTimeout,
    openConnection: (path) => new driver(path),
  });
  return dataSource.prepare();
}
