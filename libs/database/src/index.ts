export { databaseConfig, type DatabaseConfig } from './database.config.js';
export {
  CommitOutcomeUnknownError,
  DatabaseConfigurationError,
  DatabaseConnectionError,
  DatabaseConnectionLostError,
  DatabaseError,
  DatabasePoolTimeoutError,
  DatabaseUnavailableError,
  InvalidTimeoutError,
  StatementTimeoutError,
  TransactionAbortedError,
  TransactionControlError,
  TransactionFinishedError,
  TransactionLeftOpenError,
  TransactionPropagationError,
  TransactionTimeoutError,
  UnexpectedRollbackError,
  type DatabaseErrorCode,
  type DatabaseErrorFacts,
  type DatabaseErrorKind,
  type DatabaseOutcome,
} from './database.errors.js';
export { detectDatabaseError } from './errors/to-database-error.js';
export { DatabaseModule } from './database.module.js';
export type {
  DatabaseEntity,
  DatabaseLateOptions,
  DatabaseModuleAsyncOptions,
  DatabaseModuleOptions,
} from './database.options.js';
export { DatabaseResource } from './database.resource.js';
export { DatabaseService, type QueryOptions } from './database.service.js';
export {
  getDatabaseToken,
  getTransactionManagerToken,
  InjectDatabase,
  InjectTransactionManager,
} from './database.tokens.js';
export { MainstayDataSource, type DataSourceSettings } from './data-source/mainstay-data-source.js';
export { afterCommit, afterRollback } from './transactions/after-transaction.js';
export type { TransactionHook } from './transactions/transaction-hooks.js';
export { TransactionManager } from './transactions/transaction-manager.js';
export type {
  ActiveTransaction,
  Isolation,
  Propagation,
  TransactionOptions,
  TransactionWork,
} from './transactions/transaction.options.js';
export {
  Transactional,
  type TransactionalOptions,
} from './transactions/transactional.decorator.js';
