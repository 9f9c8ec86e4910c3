import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseService } from 'nestjs-mainstay/database';
import { FakeDatabase } from './fake-database.js';
import { testDatabaseModules, type FakeDatabaseOptions } from './test-database-modules.js';

/**
 * Takes the place of `DatabaseModule.forRoot` in a test: a database in memory, its tables made from the entities, and an
 * injectable {@link FakeDatabase}.
 * @example
 * const app = await Test.createTestingModule({
 *   imports: [DatabaseTestModule.forRoot({ entities: [Account] }), AccountsModule],
 * }).compile();
 * await app.get(FakeDatabase).assertCount(Account, 0);
 */
@Module({})
export class DatabaseTestModule {
  /** The database of one test; entities of `forFeature` are added to those given here. */
  static forRoot(options: FakeDatabaseOptions = {}): DynamicModule {
    const { imports, faults } = testDatabaseModules(options);
    return {
      module: DatabaseTestModule,
      global: true,
      imports,
      providers: [
        {
          provide: FakeDatabase,
          inject: [DatabaseService],
          useFactory: (service: DatabaseService) => new FakeDatabase(service, faults),
        },
      ],
      exports: [FakeDatabase],
    };
  }
}
