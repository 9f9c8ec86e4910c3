import { Inject, type InjectionToken } from '@nestjs/common';
import { DatabaseService } from './database.service.js';
import { TransactionManager } from './transactions/transaction-manager.js';

/** The token of a `DatabaseService`; the class itself for the instance without a name. */
export function getDatabaseToken(name?: string): InjectionToken {
  return name === undefined ? DatabaseService : Symbol.for(`nestjs-mainstay.database:${name}`);
}

/** The token of a `TransactionManager`; the class itself for the instance without a name. */
export function getTransactionManagerToken(name?: string): InjectionToken {
  return name === undefined
    ? TransactionManager
    : Symbol.for(`nestjs-mainstay.transaction-manager:${name}`);
}

/**
 * Injects the `DatabaseService` of a named instance.
 * @example
 * constructor(@InjectDatabase('reports') private readonly reports: DatabaseService) {}
 */
export function InjectDatabase(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getDatabaseToken(name));
}

/** Injects the `TransactionManager` of a named instance. */
export function InjectTransactionManager(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getTransactionManagerToken(name));
}
