import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseModule, type DatabaseModuleOptions } from 'nestjs-mainstay/database';
import {
  OPERATION_INTERCEPTORS,
  type OperationCallHandler,
  type OperationExecutionContext,
  type OperationInterceptor,
} from 'nestjs-mainstay/resource';
import { StagedFaults } from '../staged-faults.js';

/** Options of `DatabaseTestModule` and `FakeDatabase.open`: those of `DatabaseModule`, in memory unless told otherwise. */
export type FakeDatabaseOptions = Omit<DatabaseModuleOptions, 'name' | 'isGlobal'>;

/** A database in memory with faults to stage, as modules to import. */
export interface TestDatabaseModules {
  readonly imports: DynamicModule[];
  readonly faults: StagedFaults;
}

class FaultInterceptor implements OperationInterceptor {
  readonly faults = new StagedFaults();

  async intercept(
    context: OperationExecutionContext,
    next: OperationCallHandler,
  ): Promise<unknown> {
    if (context.resource !== 'database') return next.handle();
    return this.faults.run(context.operation, context.arg, () => next.handle());
  }
}

@Module({})
class FaultsModule {}

/** The modules of a test database; each call gives another database. */
export function testDatabaseModules(options: FakeDatabaseOptions): TestDatabaseModules {
  const interceptor = new FaultInterceptor();
  const faultsModule = {
    module: FaultsModule,
    global: true,
    providers: [{ provide: OPERATION_INTERCEPTORS, useValue: [interceptor] }],
    exports: [OPERATION_INTERCEPTORS],
  };
  const databaseModule = DatabaseModule.forRoot({
    ...options,
    isGlobal: true,
    config: {
      url: 'sqlite::memory:',
      boot: 'required',
      synchronize: (options.migrations ?? []).length === 0,
      ...options.config,
    },
  });
  return { imports: [faultsModule, databaseModule], faults: interceptor.faults };
}
