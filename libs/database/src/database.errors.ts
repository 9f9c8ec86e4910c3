export {
  DatabaseConfigurationError,
  DatabasePoolTimeoutError,
  DatabaseUnavailableError,
} from './errors/connection.errors.js';
export { InvalidTimeoutError } from './errors/invalid-timeout.error.js';
export {
  CommitOutcomeUnknownError,
  DatabaseConnectionError,
  DatabaseConnectionLostError,
  StatementTimeoutError,
} from './errors/lost.errors.js';
export {
  DatabaseError,
  type DatabaseErrorCode,
  type DatabaseErrorFacts,
  type DatabaseErrorKind,
  type DatabaseOutcome,
} from './errors/database.error.js';
export {
  TransactionAbortedError,
  TransactionControlError,
  TransactionFinishedError,
  TransactionLeftOpenError,
  TransactionPropagationError,
  TransactionTimeoutError,
  UnexpectedRollbackError,
} from './errors/transaction.errors.js';
