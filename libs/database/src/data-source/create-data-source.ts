import type { Operations } from 'nestjs-mainstay/resource';
import type { DataSourceOptions } from 'typeorm';
import { DATABASE_PIPELINE, DatabaseOperations } from '../database-operations.js';
import type { DatabaseModuleOptions } from '../database.options.js';
import type { DataSourceEnvironment } from '../engine/data-source-environment.js';
import type { EngineDefinition, LoadedEngine } from '../engine/database-engine.js';
import { engineOf } from '../engine/engines.js';
import { MainstayDataSource } from './mainstay-data-source.js';

/** What {@link toDataSourceOptions} puts beside TypeORM's options, for {@link createDataSource}. */
const SETTINGS = Symbol('nestjs-mainstay.data-source-settings');

type Environment = DataSourceEnvironment & { readonly operations: Operations };
type Settings = Environment & { readonly engine: LoadedEngine };
type PreparedOptions = DataSourceOptions & { readonly [SETTINGS]: Settings };

/**
 * TypeORM's options for a configuration.
 * @throws MissingPeerError when the engine's package is not installed
 */
export async function toDataSourceOptions(
  environment: Environment,
  options: DatabaseModuleOptions,
): Promise<PreparedOptions> {
  // The configuration has been validated: its URL chooses an engine.
  const definition = engineOf(environment.config.url) as EngineDefinition;
  const engine = await definition.load(environment);
  return {
    ...options.typeorm,
    ...engine.options,
    entities: [...(options.entities ?? [])],
    migrations: [...(options.migrations ?? [])],
    subscribers: [...(options.subscribers ?? [])],
    [SETTINGS]: { ...environment, engine },
  };
}

/**
 * Makes a data source whose repositories can be injected at once; it is not connected yet.
 * @throws DatabaseConfigurationError when the entities are not valid
 */
export function createDataSource(options: DataSourceOptions): Promise<MainstayDataSource> {
  const { name, config, clock, operations, engine } = (options as PreparedOptions)[SETTINGS];
  const dataSource = new MainstayDataSource(options, {
    name,
    clock,
    operations: new DatabaseOperations(operations.of({ name }, DATABASE_PIPELINE)),
    transactionTimeoutMs: config.transactionTimeout,
    engine,
  });
  return dataSource.prepare();
}
