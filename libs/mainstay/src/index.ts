export type {
  DatabaseClass,
  MainstayDatabaseAsyncOptions,
  MainstayDatabaseOptions,
} from './mainstay-database.options.js';
export { MainstayModule } from './mainstay.module.js';
export type { MainstayAsyncOptions, MainstayOptions } from './mainstay.options.js';
