import { Inject } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { standInFor } from 'nestjs-mainstay/common';
import type { DataSource } from 'typeorm';
import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import { TransactionManager } from './transaction-manager.js';
import type { TransactionOptions } from './transaction.options.js';

/** Options of {@link Transactional}. */
export interface TransactionalOptions extends Omit<TransactionOptions, 'signal'> {
  /** Name of the instance of DatabaseModule. @default the one without a name */
  readonly database?: string;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/**
 * Runs a method of any provider in a transaction. The method returns a promise. An object that Nest did not make — `new
 * Service(…)` in a unit test — has no data source, and the call is a plain one.
 * @example
 * \@Transactional()
 * async transfer(from: string, to: string, amount: number) {
 *   await this.accounts.decrement({ id: from }, 'balance', amount);
 *   await this.accounts.increment({ id: to }, 'balance', amount);
 * }
 */
export function Transactional(options: TransactionalOptions = {}): MethodDecorator {
  const token = getDataSourceToken(options.database);
  const property = Symbol.for(`nestjs-mainstay.data-source:${options.database ?? ''}`);
  return (target, _propertyKey, descriptor) => {
    Inject(token)(target, property);
    const method = descriptor as PropertyDescriptor;
    const original = method.value as Method;
    const wrapped: Method = function (...args) {
      const dataSource = (this as Record<symbol, DataSource | undefined>)[property];
      const call = (): unknown => original.apply(this, args);
      return dataSource ? transactionsOf(dataSource).run(call, options) : call();
    };
    method.value = standInFor(original, wrapped);
  };
}

function transactionsOf(dataSource: DataSource): TransactionManager {
  const { transactions } = dataSource as { transactions?: unknown };
  if (transactions instanceof TransactionManager) return transactions;
  throw new DatabaseConfigurationError(
    'database',
    '@Transactional() needs the data source of DatabaseModule; this one comes from elsewhere. Import DatabaseModule.forRoot() in place of TypeOrmModule.forRoot().',
  );
}
