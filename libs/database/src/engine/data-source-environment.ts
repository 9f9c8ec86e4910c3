import type { Clock } from 'nestjs-mainstay/common';
import type { DatabaseConfig } from '../database.config.js';

/** Where a data source lives. */
export interface DataSourceEnvironment {
  /** Name of the resource: `'database'`, `'database:reports'`. */
  readonly name: string;
  readonly config: DatabaseConfig;
  readonly clock: Clock;
}
