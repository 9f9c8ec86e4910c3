import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DatabaseService,
  type MainstayDataSource,
  type TransactionManager,
} from 'nestjs-mainstay/database';
import type { EntityTarget, FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';
import { StagedFaults } from '../staged-faults.js';
import { testDatabaseModules, type FakeDatabaseOptions } from './test-database-modules.js';

@Module({})
class FakeDatabaseModule {}

/**
 * A real database in memory, with the tables of the given entities, for unit tests; with assertions on rows and staged
 * faults.
 * @example
 * const database = await FakeDatabase.open({ entities: [Account] });
 * const service = new AccountService(database.repository(Account), database.service);
 * await service.openFor('Ada');
 * await database.assertHas(Account, { owner: 'Ada' });
 * await database.close();
 */
export class FakeDatabase {
  readonly service: DatabaseService;
  /** Faults for `'query'`, `'statement'` and `'transaction'`: `faults.stage('statement', { error, times: 1 })`. */
  readonly faults: StagedFaults;
  #context: INestApplicationContext | undefined;

  /** @internal use {@link FakeDatabase.open} or {@link DatabaseTestModule} */
  constructor(service: DatabaseService, faults: StagedFaults) {
    this.service = service;
    this.faults = faults;
  }

  /** Opens a database of its own, without an application around it. */
  static async open(options: FakeDatabaseOptions): Promise<FakeDatabase> {
    const { imports, faults } = testDatabaseModules(options);
    const context = await NestFactory.createApplicationContext(
      { module: FakeDatabaseModule, imports },
      { logger: false, abortOnError: false },
    );
    const database = new FakeDatabase(context.get(DatabaseService), faults);
    database.#context = context;
    return database;
  }

  get dataSource(): MainstayDataSource {
    return this.service.dataSource;
  }

  get transactions(): TransactionManager {
    return this.dataSource.transactions;
  }

  /** The repository of an entity; takes part in transactions like an injected one. */
  repository<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.dataSource.getRepository(entity);
  }

  /** Deletes all rows of all entities. */
  async clear(): Promise<void> {
    await this.service.transaction(async (manager) => {
      // Rows may refer to each other in any order; the check waits for the end, when all are gone.
      await manager.query('PRAGMA defer_foreign_keys = ON');
      for (const { tablePath } of this.dataSource.entityMetadatas) {
        await manager.query(`DELETE FROM ${this.dataSource.driver.escape(tablePath)}`);
      }
    });
  }

  /** Closes a database that {@link open} opened; one of a module closes with its application. */
  async close(): Promise<void> {
    await this.#context?.close();
  }

  /** @throws when the table of the entity does not hold as many rows */
  async assertCount<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    count: number,
  ): Promise<void> {
    const found = await this.repository(entity).count();
    if (found !== count) {
      throw new Error(`Expected ${count} rows of ${this.#nameOf(entity)}, found ${found}.`);
    }
  }

  /** @throws when no row matches */
  async assertHas<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    where: FindOptionsWhere<E>,
  ): Promise<void> {
    if (await this.repository(entity).existsBy(where)) return;
    const rows = await this.repository(entity).find({ take: 5 });
    throw new Error(
      `Expected a row of ${this.#nameOf(entity)} with ${JSON.stringify(where)}; it begins with ${JSON.stringify(rows)}.`,
    );
  }

  /** @throws when a row matches */
  async assertMissing<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    where: FindOptionsWhere<E>,
  ): Promise<void> {
    const count = await this.repository(entity).countBy(where);
    if (count === 0) return;
    throw new Error(
      `Expected no row of ${this.#nameOf(entity)} with ${JSON.stringify(where)}, found ${count}.`,
    );
  }

  #nameOf(entity: EntityTarget<ObjectLiteral>): string {
    return this.dataSource.getMetadata(entity).name;
  }
}
